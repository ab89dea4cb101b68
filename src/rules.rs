//! The rules that the library follows, what each rests on, and the test that holds it. The module has
//! no items.
//!
//! # Not known
//!
//! No complete, unmasked answer of either operation and no error of either operation is public: the one
//! captured answer is of 2021, without the fields that came later. No client was seen that walks by
//! token. These questions are open, and the rules for them are decisions:
//!
//! - the order of records with equal times, and of rows with history;
//! - the order in which a request is checked, and whether a filter with an unknown value is refused or
//!   ignored;
//! - parameters that are given twice, and the numbers beside a page by token;
//! - the status of a recurring task whose schedule has ended, and how long live tasks are kept;
//! - Success beside stopped runs, on which the documentation contradicts itself.
//!
//! # Kinds
#![doc = include_str!("rules.md")]
