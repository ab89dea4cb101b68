//! InvokeIds: short ones, such as those of the API, are in the record header, longer ones in a
//! slab.

use super::slab::Slab;

/// The longest id that is stored in the header. Those of the API have 16 to 18 bytes.
const SHORT: usize = 19;

/// The longer ids.
pub(super) type LongIds = Slab<Box<[u8]>>;

/// An InvokeId, or the number of its place in [`LongIds`].
#[derive(Clone, Debug)]
pub(super) struct InvokeId {
    /// The length of an id that is in `bytes`. A length above [`SHORT`] means that `bytes` begin
    /// with the number of the id's place in [`LongIds`].
    length: u8,
    bytes: [u8; SHORT],
}

impl InvokeId {
    pub(super) fn new(id: &[u8], long_ids: &mut LongIds) -> Self {
        let mut bytes = [0; SHORT];
        if let Some(short) = bytes.get_mut(..id.len()) {
            short.copy_from_slice(id);
            return InvokeId { length: id.len() as u8, bytes };
        }
        let number = long_ids.insert(id.into());
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        InvokeId { length: u8::MAX, bytes }
    }

    pub(super) fn get<'a>(&'a self, long_ids: &'a LongIds) -> &'a [u8] {
        match self.bytes.get(..usize::from(self.length)) {
            Some(short) => short,
            None => self.number().map_or(&[], |number| &long_ids.places()[number as usize]),
        }
    }

    /// Frees the place of a long id.
    pub(super) fn free(&self, long_ids: &mut LongIds) {
        if let Some(number) = self.number() {
            long_ids.remove(number);
        }
    }

    /// The number of the id's place, if it is a long id.
    pub(super) fn number(&self) -> Option<u32> {
        let number = u32::from_le_bytes(*self.bytes.first_chunk()?);
        (usize::from(self.length) > SHORT).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_every_length_come_back_and_give_back_their_room() {
        let mut long_ids = LongIds::default();
        let texts: Vec<Vec<u8>> =
            (0..=128).map(|length| vec![b'a' + length % 26; length.into()]).collect();
        let ids: Vec<_> = texts.iter().map(|text| InvokeId::new(text, &mut long_ids)).collect();
        for (id, text) in ids.iter().zip(&texts) {
            assert_eq!(id.get(&long_ids), text);
        }
        assert_eq!(long_ids.used(), 129 - 20);
        ids.iter().for_each(|id| id.free(&mut long_ids));
        assert_eq!(long_ids.used(), 0);
    }
}
