//! Where records belong: region and resource group together, of which most stores have a handful.

use super::invocations::Table;
use super::packed::{Key, Packed, encode_key};
use super::symbols::{Symbol, SymbolId, Symbols};

/// A region and a resource group as the records in both share them.
#[derive(Clone, Debug)]
pub(crate) struct Scope(Packed<2, 2>);

impl Key for Scope {
    fn key(&self) -> &[u8] {
        self.0.key()
    }
}

impl Scope {
    /// The symbol of the region.
    pub(crate) fn region(&self) -> SymbolId {
        self.0.number(0)
    }

    /// The symbol of the resource group.
    pub(crate) fn resource_group(&self) -> SymbolId {
        self.0.number(1)
    }

    pub(crate) fn region_id(&self) -> &[u8] {
        self.0.get(0)
    }

    pub(crate) fn resource_group_id(&self) -> &[u8] {
        self.0.get(1)
    }

    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

impl Table {
    pub(super) fn acquire_scope(
        &mut self,
        region_id: &str,
        resource_group_id: &str,
        key: &mut Vec<u8>,
    ) -> SymbolId {
        let ids = [region_id, resource_group_id].map(str::as_bytes);
        encode_key(ids, key);
        let (regions, resource_groups) = (&mut self.regions, &mut self.resource_groups);
        self.scopes.acquire(key, || {
            let acquire = |symbols: &mut Symbols<Symbol>, id: &[u8]| {
                symbols.acquire(id, || Symbol::new(id, b""))
            };
            let numbers = [acquire(regions, ids[0]), acquire(resource_groups, ids[1])];
            Scope(Packed::new(key, numbers, b""))
        })
    }

    /// The scope of a region and a resource group that were added: for records out of an archive.
    pub(crate) fn add_scope(&mut self, region: SymbolId, resource_group: SymbolId) -> SymbolId {
        let ids = [self.regions.get(region), self.resource_groups.get(resource_group)];
        let mut key = std::mem::take(&mut self.key);
        encode_key(ids.map(Symbol::text), &mut key);
        let scope = self.scopes.find(&key).unwrap_or_else(|| {
            self.regions.acquire_again(region);
            self.resource_groups.acquire_again(resource_group);
            let numbers = [region, resource_group];
            self.scopes.acquire(&key, || Scope(Packed::new(&key, numbers, b"")))
        });
        self.key = key;
        scope
    }

    pub(super) fn release_scope(&mut self, id: SymbolId) {
        if let Some(scope) = self.scopes.release(id) {
            self.regions.release(scope.region());
            self.resource_groups.release(scope.resource_group());
        }
    }
}
