//! Bytes to lines and columns.

use crate::diagnostic::Span;

const MARK: char = '\u{feff}';

/// A text that positions can be looked up in.
pub(super) struct Source<'a> {
    /// The text without its byte order mark.
    pub text: &'a str,
    mark: usize,
    /// First byte of each line.
    lines: Vec<usize>,
}

/// A line and a column, both from 1; columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub line: usize,
    pub column: usize,
}

impl<'a> Source<'a> {
    pub fn new(source: &'a str) -> Self {
        let text = source.strip_prefix(MARK).unwrap_or(source);
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            text,
            mark: source.len() - text.len(),
            lines,
        }
    }

    /// The bytes of a span in [`Self::text`]: inside it, in order, and at the borders of characters.
    pub fn range(&self, span: Span) -> std::ops::Range<usize> {
        let clamp = |at: usize| {
            let mut at = at.saturating_sub(self.mark).min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = clamp(span.start);
        start..clamp(span.end).max(start)
    }

    /// Where a byte of [`Self::text`] is.
    pub fn position(&self, at: usize) -> Position {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(start..at).unwrap_or_default();
        Position {
            line,
            column: before.chars().count() + 1,
        }
    }

    /// Where a span begins and ends.
    pub fn positions(&self, span: Span) -> (Position, Position) {
        let range = self.range(span);
        (self.position(range.start), self.position(range.end))
    }
}
