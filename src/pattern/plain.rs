//! Patterns of the plain kind that schemas mostly have (classes, groups, repetitions), matched as they stand.
//!
//! A render holds few and short texts against each of many patterns, so that compiling a pattern costs nearly all of the time. What is not
//! understood here, and what takes many steps, is left to a real engine.

use std::cell::Cell;
use std::str::Chars;

/// A pattern taken apart: its branches, of which one must match somewhere in a text.
#[derive(Debug)]
pub(super) struct Plain(Vec<Sequence>);

/// Pieces that must match one after the other.
type Sequence = Vec<Piece>;

#[derive(Debug)]
struct Piece {
    what: What,
    least: usize,
    most: usize,
}

#[derive(Debug)]
enum What {
    /// One character of a set.
    One(Set),
    Group(Vec<Sequence>),
    /// `^`
    Start,
    /// `$`
    End,
}

/// A bit for each ASCII character.
type Set = u128;

/// Longer texts than this are left to a real engine, as are those that take more steps.
const LONGEST: usize = 200;
const STEPS: usize = 2_000;

impl Plain {
    /// Nothing where the pattern has anything that is not understood.
    pub fn read(pattern: &str) -> Option<Self> {
        let mut reader = Reader { rest: pattern.chars() };
        let branches = reader.branches()?;
        reader.rest.as_str().is_empty().then_some(Plain(branches))
    }

    /// Whether the pattern matches somewhere in a text; nothing where that takes a real engine.
    pub fn matches(&self, text: &str) -> Option<bool> {
        if text.len() > LONGEST || !text.is_ascii() {
            return None;
        }
        let text = text.as_bytes();
        let steps = Cell::new(STEPS);
        let search = Search { text, steps: &steps };
        let found = (0..=text.len()).any(|start| search.branches(&self.0, start, &|_| true));
        (steps.get() > 0).then_some(found)
    }
}

/// Tries the ways in which a text can match: every method asks `then` about each place at which its part could end.
struct Search<'a> {
    text: &'a [u8],
    /// How many are left; without any, nothing matches.
    steps: &'a Cell<usize>,
}

type Then<'a> = &'a dyn Fn(usize) -> bool;

impl Search<'_> {
    fn branches(&self, branches: &[Sequence], at: usize, then: Then<'_>) -> bool {
        branches.iter().any(|pieces| self.sequence(pieces, at, then))
    }

    fn sequence(&self, pieces: &[Piece], at: usize, then: Then<'_>) -> bool {
        let Some((piece, rest)) = pieces.split_first() else {
            return then(at);
        };
        let then = |end| self.sequence(rest, end, then);
        match &piece.what {
            What::One(set) => self.run(*set, piece, at, &then),
            What::Group(branches) => self.repeated(branches, (piece.least, piece.most), at, &then),
            What::Start => at == 0 && then(at),
            What::End => at == self.text.len() && then(at),
        }
    }

    /// Characters of a set: as many as there are first.
    fn run(&self, set: Set, piece: &Piece, at: usize, then: Then<'_>) -> bool {
        let rest = self.text.get(at..).unwrap_or_default().iter().take(piece.most);
        let run = rest.take_while(|byte| set >> **byte & 1 == 1).count();
        (piece.least..=run).rev().any(|length| self.step() && then(at + length))
    }

    /// A group, at least and at most so many times: one time more first.
    fn repeated(&self, branches: &[Sequence], (least, most): (usize, usize), at: usize, then: Then<'_>) -> bool {
        // A time that takes no text is none, unless it has to be there.
        let again =
            |end| (end > at || least > 0) && self.repeated(branches, (least.saturating_sub(1), most - 1), end, then);
        self.step() && (most > 0 && self.branches(branches, at, &again) || least == 0 && then(at))
    }

    fn step(&self) -> bool {
        self.steps.set(self.steps.get().saturating_sub(1));
        self.steps.get() > 0
    }
}

/// What is left of a pattern. Every method gives nothing at what it does not understand.
struct Reader<'a> {
    rest: Chars<'a>,
}

impl Reader<'_> {
    fn branches(&mut self) -> Option<Vec<Sequence>> {
        let mut branches = vec![self.sequence()?];
        while self.takes('|') {
            branches.push(self.sequence()?);
        }
        Some(branches)
    }

    fn sequence(&mut self) -> Option<Sequence> {
        let mut pieces = vec![];
        while !matches!(self.peek(), None | Some('|' | ')')) {
            let what = self.what()?;
            let (least, most) = self.times()?;
            let is_place = matches!(what, What::Start | What::End);
            if is_place && (least, most) != (1, 1) {
                return None;
            }
            pieces.push(Piece { what, least, most });
        }
        Some(pieces)
    }

    fn what(&mut self) -> Option<What> {
        Some(match self.rest.next()? {
            '^' => What::Start,
            '$' => What::End,
            '.' => What::One(!bit('\n')?),
            '[' => What::One(self.class()?),
            '\\' => What::One(self.escaped()?),
            '(' => {
                if self.takes('?') && !self.takes(':') {
                    return None;
                }
                let branches = self.branches()?;
                self.takes(')').then_some(What::Group(branches))?
            }
            '*' | '+' | '?' | '{' | '}' | ']' => return None,
            other => What::One(bit(other)?),
        })
    }

    /// How often the piece in front may stand there.
    fn times(&mut self) -> Option<(usize, usize)> {
        let times = match self.peek() {
            Some('?') => (0, 1),
            Some('*') => (0, usize::MAX),
            Some('+') => (1, usize::MAX),
            Some('{') => {
                let (inside, _) = self.rest.as_str().get(1..)?.split_once('}')?;
                // Its end is taken below, as are the other signs.
                self.rest.nth(inside.len())?;
                let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
                let most = if most.is_empty() {
                    usize::MAX
                } else {
                    most.parse().ok()?
                };
                (least.parse().ok()?, most)
            }
            _ => return Some((1, 1)),
        };
        self.rest.next();
        // What follows would change the meaning.
        let is_sign = matches!(self.peek(), Some('?' | '*' | '+' | '{'));
        (!is_sign && times.0 <= times.1).then_some(times)
    }

    /// What follows `[`.
    fn class(&mut self) -> Option<Set> {
        let is_negated = self.takes('^');
        let mut set = 0;
        while set == 0 || !self.takes(']') {
            let is_special = |sign: &&str| self.rest.as_str().starts_with(*sign);
            if ["[", "&&", "--", "~~"].iter().any(is_special) || set == 0 && self.peek() == Some(']') {
                return None;
            }
            let first = self.member()?;
            let is_range = self.peek() == Some('-') && !self.rest.as_str().starts_with("-]");
            set |= if is_range {
                self.rest.next();
                let last = self.member()?;
                let is_one = |set: Set| set.count_ones() == 1;
                (is_one(first) && is_one(last) && first <= last).then(|| last | (last - first))?
            } else {
                first
            };
        }
        Some(if is_negated { !set } else { set })
    }

    fn member(&mut self) -> Option<Set> {
        match self.rest.next()? {
            '\\' => self.escaped(),
            other => bit(other),
        }
    }

    /// What follows `\`.
    fn escaped(&mut self) -> Option<Set> {
        let is_in = |is_member: fn(&u8) -> bool| (0..128).filter(is_member).fold(0, |set: Set, byte| set | 1 << byte);
        match self.rest.next()? {
            'd' => Some(is_in(u8::is_ascii_digit)),
            'w' => Some(is_in(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')),
            sign if sign.is_ascii_punctuation() => bit(sign),
            _ => None,
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn takes(&mut self, sign: char) -> bool {
        let is_next = self.peek() == Some(sign);
        if is_next {
            self.rest.next();
        }
        is_next
    }
}

/// The set of a character.
fn bit(character: char) -> Option<Set> {
    character.is_ascii().then(|| 1 << u32::from(character))
}

#[cfg(test)]
mod tests;
