//! Short pieces of an answer, put together on the stack before they are appended: a copy of a
//! fixed length is a few instructions, an append to the buffer a call.

/// More than the longest piece takes: every field in one has a bounded length.
const MOST: usize = 768;

/// Text under construction.
pub(super) struct Line {
    bytes: [u8; MOST],
    len: usize,
}

/// A text of at most `N` bytes, made when this is compiled.
#[derive(Clone, Copy)]
pub(super) struct Padded<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Padded<N> {
    /// All pieces of `first` and then of `rest`, one after the other. Evaluated when this is
    /// compiled, so that a text that is too long does not compile.
    pub(super) const fn of(first: &[&str], rest: &[&str]) -> Self {
        let mut bytes = [0; N];
        let mut len = 0;
        let mut piece = 0;
        while piece < first.len() + rest.len() {
            let text = if piece < first.len() { first[piece] } else { rest[piece - first.len()] };
            let mut at = 0;
            while at < text.len() {
                bytes[len] = text.as_bytes()[at];
                len += 1;
                at += 1;
            }
            piece += 1;
        }
        Padded { bytes, len }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Line {
    pub(super) fn new() -> Self {
        Line { bytes: [0; MOST], len: 0 }
    }

    #[inline(always)]
    pub(super) fn put<const N: usize>(&mut self, text: &[u8; N]) {
        self.bytes[self.len..self.len + N].copy_from_slice(text);
        self.len += N;
    }

    #[inline(always)]
    pub(super) fn put_text(&mut self, text: &str) {
        self.bytes[self.len..self.len + text.len()].copy_from_slice(text.as_bytes());
        self.len += text.len();
    }

    /// Room for `N` bytes that the caller writes.
    #[inline(always)]
    pub(super) fn next<const N: usize>(&mut self) -> Option<&mut [u8; N]> {
        let at = self.len;
        self.len += N;
        self.bytes[at..].first_chunk_mut()
    }

    pub(super) fn put_number(&mut self, number: u64) {
        if number < 10 {
            return self.put(&[b'0' + number as u8]);
        }
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = number;
        while rest > 0 {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let len = digits.len() - at;
        self.bytes[self.len..self.len + len].copy_from_slice(&digits[at..]);
        self.len += len;
    }

    /// Appends what was put together, and begins anew.
    pub(super) fn append_to(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes[..self.len]);
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers_of_every_length() {
        for number in [0, 9, 10, 99, 100, 12_345, u64::MAX] {
            let mut line = Line::new();
            let mut out = Vec::new();
            line.put_number(number);
            line.append_to(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), number.to_string());
        }
    }
}
