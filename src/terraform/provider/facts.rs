//! What a provider checks of a single value in its code.

use super::violation::Problem;
use crate::pattern;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What a provider says of a value beyond its type. Everything is optional; what is not there is not known.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Facts {
    /// What the provider uses when nothing is set.
    pub default: Option<Value>,
    /// The provider's own words on why not to use it.
    pub deprecated: Option<String>,
    /// The values it takes.
    one_of: Vec<Value>,
    /// What a string must match, in Go's dialect.
    pattern: Option<String>,
    /// The least and greatest length of a string.
    length: Limits<usize>,
    /// The least and greatest number.
    range: Limits<f64>,
    format: Option<Format>,
    /// An example of the Azure resource id that a string must be.
    like: Option<String>,
    /// What holds for each element of a list or set.
    pub element: Option<Box<Facts>>,
    /// What holds for the fields of an object, or of the objects in a list or set.
    pub of: BTreeMap<String, Facts>,
}

/// The least and the greatest value that is allowed.
type Limits<T> = (Option<T>, Option<T>);

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Base64,
    Json,
    #[serde(rename = "non-empty")]
    NonEmpty,
    Rfc3339,
    Uuid,
}

/// A literal that has the type of its argument.
#[derive(Debug, Clone)]
pub enum Scalar<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// A number.
    Number(f64),
    /// Either of the two; nothing is known of them.
    Bool,
}

impl Facts {
    /// What is wrong with a value; `shown` is how the message quotes it.
    pub fn objection(&self, value: &Scalar<'_>, shown: impl FnOnce() -> String) -> Option<Problem> {
        if !self.lists(value) {
            let (given, allowed) = (shown(), self.one_of.iter().map(Value::to_string).collect());
            return Some(Problem::NotAllowed { given, allowed });
        }
        match value {
            Scalar::Bool => None,
            Scalar::Number(number) => {
                let (least, most) = self.range;
                let inside = least.is_none_or(|least| *number >= least) && most.is_none_or(|most| *number <= most);
                (!inside).then(|| Problem::OutOfRange {
                    given: shown(),
                    least,
                    most,
                })
            }
            Scalar::Text(text) => self.objection_to_text(text, shown),
        }
    }

    fn objection_to_text(&self, text: &str, shown: impl FnOnce() -> String) -> Option<Problem> {
        if let Some(pattern) = &self.pattern
            && !text.is_empty()
            && pattern::follows(pattern, text) == Some(false)
        {
            let (given, pattern) = (shown(), pattern.clone());
            return Some(Problem::PatternMismatch { given, pattern });
        }
        let (least, most) = self.length;
        let length = text.chars().count();
        if least.is_some_and(|least| length < least) || most.is_some_and(|most| length > most) {
            return Some(Problem::BadLength { length, least, most });
        }
        if let Some(model) = &self.like
            && !is_like(model, text)
        {
            let (given, like) = (shown(), model.clone());
            return Some(Problem::NotLike { given, like });
        }
        let format = self.format?;
        (!format.allows(text)).then(|| Problem::BadFormat {
            given: shown(),
            expected: format.name(),
        })
    }

    /// Whether a value is one of those that are listed, if there is a list. The empty text stands for no value.
    fn lists(&self, value: &Scalar<'_>) -> bool {
        let equal = |allowed: &Value| match (value, allowed) {
            (Scalar::Text(text), Value::String(allowed)) => text == allowed,
            (Scalar::Text(text), Value::Number(allowed)) => *text == allowed.to_string(),
            (Scalar::Number(number), Value::Number(allowed)) => Some(*number) == allowed.as_f64(),
            (Scalar::Number(number), Value::String(allowed)) => number.to_string() == *allowed,
            _ => false,
        };
        let unlisted = match value {
            Scalar::Text(text) => text.is_empty(),
            Scalar::Bool => true,
            Scalar::Number(_) => false,
        };
        self.one_of.is_empty() || unlisted || self.one_of.iter().any(equal)
    }
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Format::Base64 => "base64",
            Format::Json => "JSON",
            Format::NonEmpty => "a text that is not empty",
            Format::Rfc3339 => "a time such as 2006-01-02T15:04:05Z",
            Format::Uuid => "a UUID",
        }
    }

    fn allows(self, text: &str) -> bool {
        match self {
            Format::Base64 => is_base64(text),
            Format::Json => text.is_empty() || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
            Format::NonEmpty => !text.trim().is_empty(),
            Format::Rfc3339 => text.is_empty() || is_time(text),
            Format::Uuid => is_uuid(text),
        }
    }
}

fn is_base64(text: &str) -> bool {
    let data = text.trim_end_matches('=');
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    text.len().is_multiple_of(4) && text.len() - data.len() <= 2 && data.bytes().all(alphabet)
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    let digits = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    digits && lengths.eq([8, 4, 4, 4, 12])
}

/// `2006-01-02T15:04:05Z`, with a fraction of a second and an offset if there are any. Days of the month are not counted.
fn is_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else {
        return false;
    };
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let in_zone = zone == "Z" || zone.get(1..).is_some_and(|offset| has_digits(offset, ':', &[2, 2]));
    let in_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    has_digits(date, '-', &[4, 2, 2]) && has_digits(clock, ':', &[2, 2, 2]) && in_zone && in_fraction
}

fn has_digits(text: &str, separator: char, lengths: &[usize]) -> bool {
    let digits = |byte: u8| byte.is_ascii_digit() || byte == separator as u8;
    text.bytes().all(digits) && text.split(separator).map(str::len).eq(lengths.iter().copied())
}

/// Whether an Azure resource id has the fixed segments of the model: every second one, and the name of the provider.
fn is_like(model: &str, text: &str) -> bool {
    let segments = |id: &str| {
        id.trim_matches('/')
            .split('/')
            .map(str::to_lowercase)
            .collect::<Vec<_>>()
    };
    let (model, given) = (segments(model), segments(text));
    let fixed = |place: usize| place.is_multiple_of(2) || model[place - 1] == "providers";
    let same = |place: usize| model.get(place) == given.get(place);
    text.starts_with('/') && model.len() == given.len() && (0..model.len()).all(|place| !fixed(place) || same(place))
}

#[cfg(test)]
mod tests {
    use super::{is_base64, is_like, is_time, is_uuid};

    #[test]
    fn times_follow_rfc_3339() {
        for time in [
            "2026-11-21T13:20:00Z",
            "2026-11-21T13:20:00.5+09:00",
            "2026-11-21T13:20:00-01:30",
        ] {
            assert!(is_time(time), "{time}");
        }
        for time in [
            "",
            "2026-11-21",
            "2026-11-21T13:20:00",
            "2026-11-21 13:20:00Z",
            "2026-11-21T13:20Z",
            "2026-11-21T13:20:00.Z",
        ] {
            assert!(!is_time(time), "{time}");
        }
    }

    #[test]
    fn identifiers_have_their_form() {
        assert!(is_uuid("00000000-0000-0000-0000-0123456789aB"));
        assert!(!is_uuid("00000000-0000-0000-0000-0123456789ag"));
        assert!(!is_uuid("0000000000000000000000000123456789ab"));
        assert!(is_base64("") && is_base64("YQ==") && is_base64("YWJj"));
        assert!(!is_base64("YQ=") && !is_base64("Y-_=") && !is_base64("===="));
    }

    #[test]
    fn azure_ids_differ_in_names_only() {
        let model = "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v";
        assert!(is_like(
            model,
            "/subscriptions/1/resourcegroups/h/providers/Microsoft.Network/virtualNetworks/w"
        ));
        assert!(!is_like(
            model,
            "/subscriptions/1/resourceGroups/h/providers/Microsoft.Compute/virtualNetworks/w"
        ));
        assert!(!is_like(model, "/subscriptions/1/resourceGroups/h"));
        assert!(!is_like(model, "w"));
    }
}
