//! Numbers, which Terraform keeps in decimal and with more digits than a machine number has.

use std::fmt;

/// A number, in the one form that Terraform's encoding has for it: whole, exact as a machine number, or in digits.
#[derive(Debug, Clone, PartialEq)]
pub enum Number {
    /// A whole number.
    Whole(i64),
    /// A number that a machine number is exactly.
    Exact(f64),
    /// Any other: `0.1`.
    Digits(String),
}

impl Number {
    /// The number of a decimal text, as JSON has it.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(whole) = text.parse() {
            return Some(Number::Whole(whole));
        }
        let near: f64 = text.parse().ok().filter(|near: &f64| near.is_finite())?;
        Some(match is_exactly(near, text) {
            true => Number::from(near),
            false => Number::Digits(text.to_owned()),
        })
    }

    /// The whole number, if it is one.
    pub fn as_whole(&self) -> Option<i64> {
        match self {
            Number::Whole(number) => Some(*number),
            _ => None,
        }
    }

    /// The nearest machine number.
    pub fn near(&self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "the nearest is what is asked for")]
            Number::Whole(number) => *number as f64,
            Number::Exact(number) => *number,
            Number::Digits(digits) => digits.parse().unwrap_or(f64::NAN),
        }
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Number::Whole(number)
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        // Up to here a machine number has all whole numbers.
        const WHOLE: f64 = 9_007_199_254_740_992.0;
        match number.fract() == 0.0 && number.abs() <= WHOLE {
            #[expect(clippy::cast_possible_truncation, reason = "whole and within the limits")]
            true => Number::Whole(number as i64),
            false => Number::Exact(number),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Whole(number) => write!(f, "{number}"),
            Number::Exact(number) => write!(f, "{number}"),
            Number::Digits(digits) => f.write_str(digits),
        }
    }
}

/// Whether a machine number has the digits of a text and no others.
fn is_exactly(number: f64, text: &str) -> bool {
    let exact = format!("{number:.200}");
    let trimmed = |text: &str| text.trim_end_matches('0').trim_end_matches('.').to_owned();
    text.contains('.') && !text.contains(['e', 'E']) && trimmed(&exact) == trimmed(text)
}

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn a_number_has_one_form() {
        assert_eq!(Number::parse("3"), Some(Number::Whole(3)));
        assert_eq!(Number::parse("3.0"), Some(Number::Whole(3)));
        assert_eq!(Number::parse("0.5"), Some(Number::Exact(0.5)));
        assert_eq!(Number::parse("-0.250"), Some(Number::Exact(-0.25)));
        assert_eq!(Number::parse("0.1"), Some(Number::Digits("0.1".into())));
        assert_eq!(Number::parse("x"), None);
        assert_eq!(Number::from(2.0), Number::Whole(2));
    }
}
