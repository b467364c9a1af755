//! Large types without the nested blocks that nobody asks for.

use serde_json::{Map, Value as Json};

/// Types with fewer members than this are left as they are.
const LARGE: usize = 4_000;

/// The schema of a large type, as text, without the nested blocks that `keep` does not hold for; nothing where the type is not large.
pub fn large(line: &str, keep: &dyn Fn(&str) -> bool) -> Option<&'static str> {
    // Only with the help of shared blocks does a type get that large.
    if !line.contains("\"shared\":") {
        return None;
    }
    let mut schema: Json = serde_json::from_str(line).ok()?;
    if size(&schema) <= LARGE {
        return None;
    }
    let shared = schema["shared"].as_array();
    let shared: Vec<bool> = shared.into_iter().flatten().map(is_needed).collect();
    for body in schema["shared"].as_array_mut().into_iter().flatten() {
        retain(body, &shared, keep);
    }
    retain(&mut schema["body"], &shared, keep);
    // Kept for the life of the process, as all that is unpacked.
    Some(schema.to_string().leak())
}

/// The number of arguments and nested blocks of a type, those of shared blocks as often as they occur.
fn size(schema: &Json) -> usize {
    let mut shared = vec![];
    for body in schema["shared"].as_array().into_iter().flatten() {
        let size = size_of(body, &shared);
        shared.push(size);
    }
    size_of(&schema["body"], &shared)
}

fn size_of(member: &Json, shared: &[usize]) -> usize {
    match member {
        Json::Object(members) => members
            .values()
            .map(|member| size_of(member, shared))
            .fold(1, usize::saturating_add),
        Json::Number(_) => place(member).and_then(|place| shared.get(place).copied()).unwrap_or(0),
        _ => 1,
    }
}

/// The place of a shared block that a number stands for.
fn place(member: &Json) -> Option<usize> {
    usize::try_from(member.as_u64()?).ok()
}

fn retain(body: &mut Json, shared: &[bool], keep: &dyn Fn(&str) -> bool) {
    let Some(members) = body.as_object_mut() else {
        return;
    };
    let all = std::mem::take(members);
    let kept = all.into_iter().filter(|(name, member)| match member {
        Json::Object(_) => keep(name) || is_needed(member),
        Json::Number(_) => {
            keep(name)
                || place(member)
                    .and_then(|place| shared.get(place).copied())
                    .unwrap_or(false)
        }
        _ => true,
    });
    *members = kept.collect::<Map<String, Json>>();
    members.values_mut().for_each(|member| retain(member, shared, keep));
}

/// Whether a nested block must be there or is filled in by the provider: `list 1-2`, `list 0-1=`.
fn is_needed(block: &Json) -> bool {
    let header = block[""].as_str().unwrap_or_default();
    header.contains('=')
        || header
            .split_once(' ')
            .is_some_and(|(_, numbers)| !numbers.starts_with('0'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{large, size};
    use crate::offline::archive::{BlockKind, Provider};
    use crate::terraform::provider::Schema;

    #[test]
    fn large_types_keep_the_blocks_that_are_named() {
        let aws = Provider::named("aws").unwrap();
        let line = aws.line(BlockKind::Resource, "aws_wafv2_web_acl").unwrap();
        let words = ["rule", "statement", "and_statement", "geo_match_statement"];
        let pruned = large(line, &|name| words.contains(&name)).unwrap();
        let size = |line| size(&serde_json::from_str(line).unwrap());
        assert!(
            size(line) > 15_000 && size(pruned) < 1_000,
            "{} {}",
            size(line),
            size(pruned)
        );
        let schema: &'static Schema = Box::leak(Box::new(Schema::parse(pruned).unwrap()));
        let has = |name: &str| schema.member(&schema.body, name).is_some();
        // Neither of them is named, but only the first must be there.
        assert!(has("visibility_config") && has("rule") && !has("custom_response_body"));
        let small = aws.line(BlockKind::Resource, "aws_vpc").unwrap();
        assert_eq!(large(small, &|_| false), None);
    }
}
