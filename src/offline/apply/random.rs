//! The random provider, which here is not random: its values follow from the plan.

use super::Made;
use crate::offline::standin::Seed;
use crate::offline::value::{Number, Value};
use base16ct::lower::encode_string as hex;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

const SPECIAL: &str = "!@#$%&*()-_=+[]{}<>:?";

pub fn password(made: &mut Made<'_>) {
    let result = characters(&made.value, &made.seed);
    made.set("bcrypt_hash", format!("$2a$10${}", made.seed.hex("bcrypt", 53)).into());
    // A password is no id.
    let id = match made.field("bcrypt_hash").is_null() {
        true => result.clone(),
        false => "none".to_owned(),
    };
    made.set("id", id.into());
    made.set("result", result.into());
}

/// Characters of the classes that are asked for, each class as often as it must be there.
pub fn characters(asked: &Value, seed: &Seed) -> String {
    let special = asked
        .field("override_special")
        .as_text()
        .filter(|text| !text.is_empty());
    let classes = [
        ("lower", "min_lower", "abcdefghijklmnopqrstuvwxyz"),
        ("upper", "min_upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ("numeric", "min_numeric", "0123456789"),
        ("special", "min_special", special.unwrap_or(SPECIAL)),
    ];
    let classes = classes
        .iter()
        .filter(|(class, ..)| asked.field(class).as_bool() != Some(false));
    let mut needed = vec![];
    let mut any = vec![];
    for (_, least, characters) in classes {
        let characters: Vec<char> = characters.chars().collect();
        any.extend_from_slice(&characters);
        needed.extend((0..whole(asked, least)).map(|_| characters.clone()));
    }
    let length = whole(asked, "length");
    let bytes = seed.bytes("result", length);
    let pick = |(at, byte): (usize, &u8)| {
        let from = needed.get(at).unwrap_or(&any);
        let at = usize::from(*byte).checked_rem(from.len())?;
        from.get(at).copied()
    };
    bytes.iter().enumerate().filter_map(pick).collect()
}

/// A whole number that is asked for; no more than what a plan could reasonably hold.
fn whole(value: &Value, name: &str) -> usize {
    const MOST: i64 = 4_096;
    usize::try_from(value.field(name).as_whole().unwrap_or(0).min(MOST)).unwrap_or(0)
}

pub fn id(made: &mut Made<'_>) {
    let bytes = made.seed.bytes("id", whole(&made.value, "byte_length"));
    let prefix = made.text("prefix").unwrap_or_default().to_owned();
    let prefixed = |text: String| Value::from(format!("{prefix}{text}"));
    made.set("b64_url", prefixed(URL_SAFE_NO_PAD.encode(&bytes)));
    made.set("b64_std", prefixed(STANDARD.encode(&bytes)));
    made.set("hex", prefixed(hex(&bytes)));
    made.set("dec", prefixed(decimal(&bytes)));
    made.set("id", URL_SAFE_NO_PAD.encode(&bytes).into());
}

/// A big-endian number in decimal digits.
fn decimal(bytes: &[u8]) -> String {
    // Least digit first.
    let mut digits = vec![0_u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) * 256;
            *digit = (carry % 10).to_le_bytes()[0];
            carry /= 10;
        }
        while carry > 0 {
            digits.push((carry % 10).to_le_bytes()[0]);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

pub fn bytes(made: &mut Made<'_>) {
    let bytes = made.seed.bytes("bytes", whole(&made.value, "length"));
    made.set("base64", STANDARD.encode(&bytes).into());
    made.set("hex", hex(&bytes).into());
}

pub fn pet(made: &mut Made<'_>) {
    const WORDS: [&str; 12] = [
        "brave", "calm", "eager", "fond", "keen", "lively", "merry", "noble", "otter", "heron", "lynx", "fox",
    ];
    let picks = made.seed.bytes("pet", whole(&made.value, "length"));
    let picks = picks
        .iter()
        .filter_map(|byte| WORDS.get(usize::from(*byte) % WORDS.len()).copied());
    let words: Vec<&str> = made.text("prefix").into_iter().chain(picks).collect();
    let id = words.join(made.text("separator").unwrap_or("-"));
    made.set("id", id.into());
}

pub fn uuid(made: &mut Made<'_>) {
    let uuid = made.seed.uuid("uuid");
    made.set("id", uuid.as_str().into());
    made.set("result", uuid.into());
}

pub fn integer(made: &mut Made<'_>) {
    let whole = |name| made.field(name).as_whole().unwrap_or(0);
    let (least, most) = (whole("min"), whole("max"));
    let span = most
        .saturating_sub(least)
        .saturating_add(1)
        .clamp(1, i64::from(u32::MAX));
    let above = made.seed.below("integer", u32::try_from(span).unwrap_or(u32::MAX));
    let result = Number::from(least.saturating_add(i64::from(above)));
    made.set("id", result.to_string().into());
    made.set("result", Value::Number(result));
}

pub fn shuffle(made: &mut Made<'_>) {
    let mut items: Vec<Value> = made.field("input").items().to_vec();
    items.sort_by_key(|item| made.seed.bytes(item.as_text().unwrap_or_default(), 8));
    if let Some(count) = made.field("result_count").as_whole() {
        items.truncate(usize::try_from(count).unwrap_or(0));
    }
    made.set("id", "-".into());
    made.set("result", Value::List(items));
}

#[cfg(test)]
mod tests {
    use super::{Seed, Value, characters, decimal};

    #[test]
    fn passwords_have_what_is_asked_for() {
        let asked = Value::from([
            ("length", Value::whole(24)),
            ("special", false.into()),
            ("min_numeric", Value::whole(20)),
        ]);
        let password = characters(&asked, &Seed::new("random_password", &asked, 0));
        assert_eq!(password.len(), 24);
        assert!(password.chars().all(|c| c.is_ascii_alphanumeric()));
        assert!(password.chars().filter(char::is_ascii_digit).count() >= 20);
    }

    #[test]
    fn bytes_are_a_decimal_number() {
        assert_eq!(decimal(&[]), "0");
        assert_eq!(decimal(&[1, 0]), "256");
        assert_eq!(decimal(&[0xff; 8]), u64::MAX.to_string());
    }
}
