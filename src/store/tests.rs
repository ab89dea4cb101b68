//! Tests that see inside the store.

use super::Store;
use crate::config::Config;
use crate::limits;
use crate::model::Timestamp;

mod work;

#[test]
fn a_capacity_over_the_limit_is_the_limit() {
    let config = Config { capacity: usize::MAX, ..Config::default() };
    assert_eq!(Store::new(config, Timestamp::MIN).config().capacity, limits::CAPACITY);
}
