//! Names and numbers that Azure wants short, unique or ordered.

use sha2::{Digest, Sha256};

/// Name of a storage account: 24 lower-case letters and digits, the last six of them the stack's random suffix.
pub(super) fn account(prefix: &str, name: &str) -> String {
    let letters: String = format!("{prefix}{name}")
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    shortened(&letters, 18)
}

/// Name of a cluster of Data Explorer: 22 letters and digits that begin with a letter, the last six of them the stack's random suffix.
pub(super) fn cluster(prefix: &str, name: &str) -> String {
    let letters: String = format!("{prefix}{name}")
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    shortened(&letters, 16)
}

/// Name of a key vault without its suffix: the whole has 24 characters.
pub(super) fn vault(prefix: &str) -> String {
    shortened(prefix, 17)
}

/// Name of a Service Bus namespace without its suffix: the whole has 50 characters.
pub(super) fn namespace(prefix: &str) -> String {
    shortened(prefix, 43)
}

/// Beginning of the name of an API Management: the whole has 50 characters, the last six of them the stack's random suffix.
pub(super) fn gateway(name: &str) -> String {
    match name.len() {
        ..=44 => name.to_owned(),
        _ => format!("{}-", shortened(name.trim_end_matches('-'), 43)),
    }
}

/// Id of an operation of an API: 80 characters. A digest of the whole stands behind words that say less than that.
pub(super) fn operation(words: &str, plain: bool, whole: &str) -> String {
    if plain && words.len() <= 80 {
        return words.to_owned();
    }
    let head: String = words.chars().take(73).collect();
    format!("{head}-{:06x}", hash(whole) & 0xff_ffff)
}

/// What a reader of an event hub calls itself: 50 characters.
pub(super) fn consumer_group(name: &str) -> String {
    shortened(name, 50)
}

/// Name of a connection in a database of Data Explorer: 40 characters.
pub(super) fn connection(name: &str) -> String {
    shortened(name, 40)
}

/// What the host of a function is called in its storage account: 32 characters.
pub(super) fn host(name: &str) -> String {
    shortened(name, 32)
}

/// Short name of an action group, which stands in front of what it sends: 12 characters.
pub(super) fn action_group(prefix: &str) -> String {
    shortened(prefix, 12)
}

/// The text itself, or its beginning and a digest of the whole.
fn shortened(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let digest = format!("{:06x}", hash(text) & 0xff_ffff);
    let head: String = text.chars().take(limit.saturating_sub(digest.len())).collect();
    format!("{}{digest}", head.trim_end_matches('-'))
}

/// One number for each name, from `first` on, `count` of them. It comes from the name alone, so that a new name moves no other;
/// only where two names meet does the later one, in the order of `names`, take the next free number.
pub(super) fn numbers<'a>(names: impl IntoIterator<Item = &'a str>, first: u32, count: u32) -> Vec<u32> {
    let mut taken: Vec<u32> = vec![];
    for name in names {
        let mut number = hash(name) % count.max(1);
        while taken.contains(&number) && (taken.len() as u64) < u64::from(count) {
            number = (number + 1) % count.max(1);
        }
        taken.push(number);
    }
    taken.into_iter().map(|number| first + number).collect()
}

/// A number that depends on the text alone, on every machine and in every release.
fn hash(text: &str) -> u32 {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(4)
        .fold(0, |number, &byte| number << 8 | u32::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_stay_apart() {
        let a = account("bumarket-production", "media-originals");
        let b = account("bumarket-production", "media-thumbnails");
        assert_ne!(a, b);
        assert!(a.len() <= 18 && b.len() <= 18, "{a} {b}");
        assert_eq!(account("shop", "media"), "shopmedia");
        assert_eq!(vault("shop-dev"), "shop-dev");
        assert_eq!(action_group("shop"), "shop");
        assert_eq!(action_group("bumarket-production").len(), 12);
    }

    #[test]
    fn numbers_do_not_move() {
        let few = numbers(["a", "c"], 100, 3800);
        let more = numbers(["a", "b", "c"], 100, 3800);
        assert_eq!((few[0], few[1]), (more[0], more[2]));
        let crowded = numbers(["a", "b", "c"], 0, 3);
        assert_eq!(crowded.iter().sum::<u32>(), 3);
    }
}
