//! The form of a posting of few rows: a sorted list of them.

use std::ops::Deref;

use thin_vec::ThinVec;

use super::touched;

/// How many rows stand in the list itself: as many as 16 bytes have room for.
const FEW: usize = 3;

/// For how many rows there is room at first where they stand apart.
const FIRST_ROOM: usize = 8;

/// Rows, ascending.
#[derive(Debug)]
pub(crate) enum List {
    /// The first `len` of `rows`.
    Few { len: u8, rows: [u32; FEW] },
    /// All but the first `gone` of `rows`. The oldest go first, so those that are gone stay in
    /// their places until the room is needed: to move all others down for each would read the
    /// whole list.
    Many { gone: u32, rows: Room },
}

/// Rows that stand apart, with their number and the room for them beside them: a pointer of one word,
/// so that a list of few is no larger, and one place to read behind it.
type Room = ThinVec<u32>;

/// Bytes of what stands before the rows.
const ROOM_HEAD: usize = 2 * size_of::<usize>();

impl Default for List {
    #[inline]
    fn default() -> Self {
        List::Few { len: 0, rows: [0; FEW] }
    }
}

impl Deref for List {
    type Target = [u32];

    #[inline]
    fn deref(&self) -> &[u32] {
        match self {
            List::Few { len, rows } => &rows[..usize::from(*len)],
            List::Many { gone, rows } => &rows[*gone as usize..],
        }
    }
}

impl FromIterator<u32> for List {
    fn from_iter<I: IntoIterator<Item = u32>>(rows: I) -> Self {
        let mut list = List::default();
        rows.into_iter().for_each(|row| list.insert(row));
        list
    }
}

impl List {
    /// Adds `row`, which is not in the list. Cost: O(1) at the end, O(list) elsewhere.
    pub(super) fn insert(&mut self, row: u32) {
        match self {
            List::Few { len, rows } if usize::from(*len) < FEW => {
                let mut at = usize::from(*len);
                while at > 0 && rows[at - 1] > row {
                    rows[at] = rows[at - 1];
                    at -= 1;
                }
                rows[at] = row;
                *len += 1;
            }
            List::Few { rows, .. } => {
                let mut room = Room::with_capacity(FIRST_ROOM);
                room.extend_from_slice(rows);
                *self = List::Many { gone: 0, rows: room };
                self.insert(row);
            }
            List::Many { gone, rows } => insert(rows, gone, row),
        }
    }

    /// Removes `row`, which is in the list. Cost: O(1) for the oldest, O(list) for others.
    pub(super) fn remove(&mut self, row: u32) {
        match self {
            List::Few { len, rows } => {
                let held = &rows[..usize::from(*len)];
                if let Some(at) = held.iter().position(|&held| held == row) {
                    // Written out: a move of any number of rows would be a call.
                    for next in 1..FEW {
                        if at < next {
                            rows[next - 1] = rows[next];
                        }
                    }
                    *len -= 1;
                }
            }
            List::Many { gone, rows } => {
                let held = &rows[*gone as usize..];
                if held.first() == Some(&row) {
                    *gone += 1;
                } else if let Ok(at) = held.binary_search(&row) {
                    rows.remove(*gone as usize + at);
                }
                // Only here do many become few, in the least room where one row of eight is left:
                // a list at the border does not change its form at every write.
                if (rows.len() - *gone as usize) * 4 < rows.capacity() {
                    *self = self.iter().copied().collect();
                }
            }
        }
    }

    /// Moves every row from `row` on up by one. Cost: O(list).
    pub(super) fn open_gap(&mut self, row: u32) {
        // Late records are seldom late by much: most lists end before the gap.
        if self.last().is_none_or(|&last| last < row) {
            return;
        }
        let held = self.held_mut();
        touched::add(held.len());
        // Without a branch and a search: most lists are short, and this is vector code.
        held.iter_mut().for_each(|member| *member += u32::from(*member >= row));
    }

    /// Takes `rows` from each, all of which are at least that. Cost: O(list).
    pub(super) fn drop_front(&mut self, rows: u32) {
        self.held_mut().iter_mut().for_each(|member| *member -= rows);
    }

    fn held_mut(&mut self) -> &mut [u32] {
        match self {
            List::Few { len, rows } => &mut rows[..usize::from(*len)],
            List::Many { gone, rows } => &mut rows[*gone as usize..],
        }
    }

    /// For how many rows there is room, of which those that are gone take theirs.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        match self {
            List::Few { rows, .. } => rows.len(),
            List::Many { rows, .. } => rows.capacity(),
        }
    }

    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            List::Few { .. } => 0,
            List::Many { rows, .. } => ROOM_HEAD + rows.capacity() * size_of::<u32>(),
        }
    }

    pub(super) fn internal_validate(&self) -> Result<(), String> {
        match self {
            List::Few { len, .. } if usize::from(*len) > FEW => {
                return Err(format!("list: {len} rows in {FEW} places"));
            }
            List::Many { gone, rows } if *gone as usize > rows.len() => {
                return Err(format!("list: {gone} of {} rows are gone", rows.len()));
            }
            List::Many { rows, .. } if self.len() * 4 < rows.capacity() => {
                return Err(format!("list: {} rows in room for {}", self.len(), rows.capacity()));
            }
            _ => {}
        }
        match self.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => Err(format!("list: {} before {}", pair[0], pair[1])),
            None => Ok(()),
        }
    }
}

/// Adds `row` to those of `rows` that are not `gone`.
fn insert(rows: &mut Room, gone: &mut u32, row: u32) {
    if rows.len() == rows.capacity() {
        make_room(rows, gone);
    }
    // The last is not gone: there is no room apart for no rows.
    if rows.last().is_none_or(|&last| last < row) {
        rows.push(row);
    } else if let Err(at) = rows[*gone as usize..].binary_search(&row) {
        rows.insert(*gone as usize + at, row);
    }
}

/// Makes room for a row: where more than an eighth is gone, that is room enough.
fn make_room(rows: &mut Room, gone: &mut u32) {
    if *gone as usize * 8 > rows.len() {
        rows.drain(..*gone as usize);
        *gone = 0;
    } else {
        // A quarter more, not twice as much: lists are most of the index.
        rows.reserve_exact((rows.len() / 4).max(4));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_few(list: &List) -> bool {
        matches!(list, List::Few { .. })
    }

    /// The even rows from 1,000 on, behind as many that are gone.
    fn list(rows: u32, gone: u32) -> List {
        let mut list: List = (0..gone + rows).map(|at| 1_000 + 2 * at - 2 * gone).collect();
        (0..gone).for_each(|at| list.remove(1_000 + 2 * at - 2 * gone));
        list
    }

    /// Few and many, with none gone and with some.
    fn each_sort() -> impl Iterator<Item = (List, Vec<u32>)> {
        let sorts = (0..=12).flat_map(|rows| [0, 1, 3].map(|gone| (rows, gone)));
        sorts.map(|(rows, gone)| (list(rows, gone), (0..rows).map(|at| 1_000 + 2 * at).collect()))
    }

    #[test]
    fn three_rows_stand_in_the_list_and_four_apart() {
        for last in [0, 11, 21, 31] {
            let mut rows: List = [10, 20, 30].into_iter().collect();
            assert!(is_few(&rows));
            assert_eq!((rows.room(), rows.bytes()), (3, 0));
            rows.insert(last);
            assert!(!is_few(&rows));
            assert_eq!((rows.room(), rows.bytes()), (8, ROOM_HEAD + 8 * 4));
            let mut expected = [10, 20, 30, last];
            expected.sort_unstable();
            assert_eq!(*rows, expected);
            assert_eq!(rows.internal_validate(), Ok(()));
            rows.remove(20);
            rows.remove(last);
            assert!(!is_few(&rows), "two rows of eight places");
            rows.remove(10);
            assert!(is_few(&rows));
            assert_eq!(*rows, [30]);
            rows.remove(30);
            assert!(rows.is_empty());
            assert_eq!(rows.internal_validate(), Ok(()));
        }
    }

    #[test]
    fn three_rows_are_few_again_where_there_was_room_for_more_than_twelve() {
        // From 16 places on less than a quarter is three rows, from 20 on four.
        for (rows, room, few, left) in [(9, 12, 2, true), (13, 16, 3, true), (17, 20, 4, false)] {
            let mut list: List = (0..rows).collect();
            assert_eq!(list.room(), room);
            (few..rows).for_each(|row| list.remove(row));
            assert_eq!(is_few(&list), left, "{few} of {rows}");
            assert_eq!(list.room(), if left { 3 } else { 8 });
            assert!(list.iter().copied().eq(0..few));
            assert_eq!(list.internal_validate(), Ok(()));
        }
    }

    #[test]
    fn a_list_at_a_border_keeps_its_form() {
        for rows in 1..=8 {
            for oldest in [true, false] {
                let mut list = list(rows, 0);
                let mut changes = 0;
                for row in 2_000..2_100 {
                    let form = is_few(&list);
                    list.insert(row);
                    let gone = if oldest { list[0] } else { row };
                    list.remove(gone);
                    changes += u32::from(is_few(&list) != form);
                    assert_eq!(list.len(), rows as usize);
                }
                assert!(changes <= 1, "{rows} rows: {changes} changes");
            }
        }
    }

    #[test]
    fn rows_come_and_go_at_every_place() {
        for at in 0..=12 {
            for ((mut more, plain), (mut less, _)) in each_sort().zip(each_sort()) {
                if at <= plain.len() {
                    let mut expected = plain.clone();
                    expected.insert(at, 999 + 2 * at as u32);
                    more.insert(expected[at]);
                    assert_eq!(*more, expected);
                    assert_eq!(more.internal_validate(), Ok(()));
                }
                if at < plain.len() {
                    let mut expected = plain.clone();
                    less.remove(expected.remove(at));
                    assert_eq!(*less, expected);
                    assert_eq!(less.internal_validate(), Ok(()));
                }
            }
        }
    }

    #[test]
    fn gaps_are_opened_at_every_place() {
        for row in 999..1_026 {
            for (mut rows, plain) in each_sort() {
                let expected: Vec<_> = plain.iter().map(|&r| r + u32::from(r >= row)).collect();
                let ((), touched) = touched::by(|| rows.open_gap(row));
                assert_eq!(*rows, expected);
                let moved = plain.last().is_some_and(|&last| last >= row);
                assert_eq!(touched, if moved { plain.len() as u64 } else { 0 });
                assert_eq!(rows.internal_validate(), Ok(()));
            }
        }
    }

    #[test]
    fn the_front_is_dropped_before_the_first_row() {
        for (mut rows, plain) in each_sort() {
            rows.drop_front(1_000);
            let expected: Vec<_> = plain.iter().map(|row| row - 1_000).collect();
            assert_eq!(*rows, expected);
            assert_eq!(rows.internal_validate(), Ok(()));
        }
    }

    #[test]
    fn what_is_wrong_with_a_list_is_found() {
        let few = |len, rows| List::Few { len, rows };
        let many = |gone, rows: &[u32]| List::Many { gone, rows: rows.into() };
        for (list, fault) in [
            (few(4, [1, 2, 3]), "4 rows in 3 places"),
            (few(3, [1, 2, 2]), "2 before 2"),
            (many(5, &[1, 2, 3, 4]), "5 of 4 rows are gone"),
            (many(4, &[1, 2, 3, 4]), "0 rows in room for 4"),
            (many(1, &[1, 2, 4, 3]), "4 before 3"),
        ] {
            assert_eq!(list.internal_validate(), Err(format!("list: {fault}")));
        }
        // What is behind the few, or before those that are not gone, is not looked at.
        assert_eq!(few(2, [1, 2, 0]).internal_validate(), Ok(()));
        assert_eq!(many(1, &[9, 2, 3, 4]).internal_validate(), Ok(()));
    }
}
