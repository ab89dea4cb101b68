//! The library and its peers, filled with the same records.

use invodex::Store;

use crate::peer_roaring::Roaring;
use crate::peer_scan::Scan;
use crate::peer_sqlite::Sqlite;
use crate::record::Record;
use crate::request::Case;
use crate::support::dataset::requests::{adversarial, classes};
use crate::support::dataset::{Dataset, Options};
use crate::support::place::places;
use crate::support::stores;

/// The sizes of pages.
pub const PAGES: [usize; 2] = [10, 50];

/// A variant of the data set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variant {
    Plain,
    Clustered,
    Shuffled,
}

impl Variant {
    pub const ALL: [Variant; 3] = [Variant::Plain, Variant::Clustered, Variant::Shuffled];

    pub fn name(self) -> &'static str {
        match self {
            Variant::Plain => "data set",
            Variant::Clustered => "statuses clustered by age",
            Variant::Shuffled => "times shuffled",
        }
    }

    pub fn options(self, count: usize) -> Options {
        Options {
            count,
            adversarial_lists: true,
            statuses_clustered: self == Variant::Clustered,
            shuffled_times: self == Variant::Shuffled,
            ..Options::default()
        }
    }
}

pub struct World {
    pub options: Options,
    pub store: Store,
    pub scan: Scan,
    pub roaring: Roaring,
    /// Not in every world, because it takes the longest to fill.
    pub sqlite: Option<Sqlite>,
}

impl World {
    pub fn new(options: Options, with_sqlite: bool) -> Self {
        let records = Dataset::new(options).zip(1..);
        let records = records.map(|(record, number)| Record::of(record, number)).collect();
        let scan = Scan::new(records);
        let sqlite = with_sqlite.then(|| Sqlite::new(&scan.records).expect("the records fit"));
        World {
            options,
            store: stores::full_store(&options),
            roaring: Roaring::new(&scan.records),
            scan,
            sqlite,
        }
    }

    /// Every class with both sizes of pages, from every place.
    pub fn cases(&self) -> Vec<Case> {
        let (middle, end) = stores::middle_and_end(&self.store);
        let plain = classes(&self.options).into_iter().map(|class| (class, false));
        let worst = adversarial(&self.options).into_iter().map(|class| (class, true));
        let mut cases = Vec::new();
        for (class, adversarial) in plain.chain(worst) {
            let places = places(&class.pairs, middle, end, self.options.now);
            for page in PAGES {
                let of_place =
                    places.iter().map(|place| Case::new(&class, adversarial, page, place));
                cases.extend(of_place);
            }
        }
        cases
    }
}
