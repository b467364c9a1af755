//! What a provider says of one type, and the text that it is kept as.
//!
//! A type is a line `KIND NAME JSON` with a line ` NAME JSON` for each argument and nested block below it, sorted by name. The JSON object of
//! the first line has, where there are any: `id` (an example of the resource's id), `version` (of the form in which a state holds the resource),
//! `deprecated`, `rules` over several arguments (dotted paths without indexes), and `shared`, a table of nested blocks that occur several
//! times. Where everything is to be on one line, it has `body` instead of the lines below: an object of names.
//!
//! The JSON of a name is one of
//!
//! * `"string?="`: an attribute, its type in Terraform's notation followed by marks:
//!   `!` required, `?` optional, `=` computed, `*` sensitive, `~` write-only, `^` deprecated, `#` a change replaces the resource;
//! * `["string?", {...}]`: an attribute with what the provider checks in code ([`Facts`]);
//! * `{"": "list 0-1", ...}`: a nested block: under the empty name its nesting, the least and greatest number of blocks
//!   (no greatest: `1-`) and marks, then its own body;
//! * `3`: the nested block of this place in `shared`.

use super::facts::Facts;
use super::types::Type;
use crate::split;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A resource, data source, ephemeral resource or provider.
#[derive(Debug, Default)]
pub struct Schema {
    /// An example of the resource's id.
    pub id: Option<String>,
    /// The version of the form in which a state holds the resource.
    pub version: u32,
    /// The provider warns about its use.
    pub deprecated: bool,
    /// Rules over several arguments.
    pub rules: Rules,
    shared: Vec<Text>,
    /// Its arguments and nested blocks.
    pub body: Body,
}

/// Rules over several arguments, as dotted paths without indexes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Of each group one argument must be set, where the block around the group's first argument is there.
    pub exactly_one_of: Vec<Vec<String>>,
    /// The same for one or more arguments.
    pub at_least_one_of: Vec<Vec<String>>,
    /// An argument and those that may not be set beside it.
    pub conflicts_with: BTreeMap<String, Vec<String>>,
    /// An argument and those that must be set beside it.
    pub required_with: BTreeMap<String, Vec<String>>,
}

/// The arguments and nested blocks of a block.
#[derive(Debug, Default)]
pub struct Body {
    /// Sorted by name.
    members: Vec<(&'static str, Text)>,
    /// The names that may not be missing, found when they are first asked for.
    needed: OnceLock<Vec<&'static str>>,
}

/// A member as it stands in the data. It is read when it is first asked for: of the hundreds that a type may have, a module uses few.
#[derive(Debug)]
struct Text {
    json: &'static str,
    read: OnceLock<Option<Box<Member>>>,
}

impl Text {
    fn new(json: &'static str) -> Self {
        let read = OnceLock::new();
        Text { json, read }
    }

    fn member(&'static self) -> Option<&'static Member> {
        let read = || Member::read(self.json).map(Box::new);
        self.read.get_or_init(read).as_deref()
    }

    /// Its type or nesting with their marks, which come first; nothing for the number of a shared block.
    fn head(&self) -> Option<&'static str> {
        // Every member of every type in use comes by here, so it goes by bytes.
        let start = match self.json.as_bytes() {
            [b'{', b'"', b'"', b':', b'"', ..] => 5,
            [b'[', b'"', ..] => 2,
            [b'"', ..] => 1,
            _ => return None,
        };
        let head = self.json.get(start..)?;
        let end = head.bytes().position(|byte| byte == b'"')?;
        head.get(..end)
    }
}

#[derive(Debug)]
enum Member {
    Attribute(Attribute),
    Block(Nested),
    Shared(usize),
}

/// An argument or a nested block of a type.
#[derive(Debug, Clone, Copy)]
pub enum Argument {
    /// `name = value`
    Attribute(&'static Attribute),
    /// `name { ... }`
    Block(&'static Nested),
}

/// An attribute: set with `=`, or computed by the provider.
#[derive(Debug)]
pub struct Attribute {
    /// The type of its value.
    pub kind: Type,
    /// Must be set.
    pub required: bool,
    /// May be set.
    pub optional: bool,
    /// The provider gives it a value where the configuration gives none.
    pub computed: bool,
    /// Its value is hidden in plans, and an output of it must be sensitive.
    pub sensitive: bool,
    /// Its value is not kept in the state.
    pub write_only: bool,
    /// The provider warns about its use.
    pub deprecated: bool,
    /// A change of it destroys and creates the resource.
    pub replaces: bool,
    /// What the provider checks of its value.
    pub facts: Option<Box<Facts>>,
}

impl Attribute {
    /// What the provider uses when nothing is set, as far as known.
    pub fn default(&self) -> Option<&serde_json::Value> {
        self.facts.as_ref()?.default.as_ref()
    }

    /// False for what only the provider sets.
    pub fn is_settable(&self) -> bool {
        self.required || self.optional
    }
}

/// A nested block.
#[derive(Debug)]
pub struct Nested {
    /// How several blocks of the name are kept.
    pub nesting: Nesting,
    /// The least number of blocks.
    pub least: usize,
    /// The greatest number of blocks, if there is a limit.
    pub most: Option<usize>,
    /// The provider fills it in where the configuration leaves it out.
    pub computed: bool,
    /// The provider warns about its use.
    pub deprecated: bool,
    /// Adding or removing one destroys and creates the resource.
    pub replaces: bool,
    /// Its arguments and nested blocks.
    pub body: Body,
}

/// How the nested blocks of one name are kept, which decides how a reference reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// One object: `x.name`
    Single,
    /// A list of objects: `x[0].name`
    List,
    /// A set of objects: `x[*].name`
    Set,
}

impl Schema {
    /// Reads what follows `KIND NAME` in the data.
    pub fn parse(text: &'static str) -> Option<Self> {
        let (json, members) = text.split_once('\n').unwrap_or((text, ""));
        let mut reader = split::Reader::object(json)?;
        let mut schema = Schema {
            body: Body::of_lines(members)?,
            ..Schema::default()
        };
        while let Some(key) = reader.key()? {
            match key {
                "id" => schema.id = serde_json::from_str(reader.value()?).ok()?,
                "version" => schema.version = serde_json::from_str(reader.value()?).ok()?,
                "deprecated" => schema.deprecated = serde_json::from_str(reader.value()?).ok()?,
                "rules" => schema.rules = serde_json::from_str(reader.value()?).ok()?,
                "shared" => schema.shared = split::array(reader.value()?)?.into_iter().map(Text::new).collect(),
                "body" => schema.body = Body::new(reader.members()?),
                _ => return None,
            }
        }
        Some(schema)
    }

    /// The argument or nested block of a name in a body of this type.
    pub fn member(&'static self, body: &'static Body, name: &str) -> Option<Argument> {
        let place = body.members.binary_search_by_key(&name, |member| member.0).ok()?;
        self.resolve(body.members[place].1.member()?)
    }

    /// Whether a body of this type has an argument or nested block of a name.
    pub(super) fn has_member(&self, body: &Body, name: &str) -> bool {
        body.members.binary_search_by_key(&name, |member| member.0).is_ok()
    }

    /// The arguments and nested blocks of a body of this type, by name.
    pub fn members(&'static self, body: &'static Body) -> impl Iterator<Item = (&'static str, Argument)> {
        body.members
            .iter()
            .filter_map(|(name, text)| Some((*name, self.resolve(text.member()?)?)))
    }

    /// The names of a body of this type that may not be missing: required arguments, nested blocks of which there must be some.
    pub(super) fn needed(&'static self, body: &'static Body) -> &'static [&'static str] {
        let needed = || {
            let needed = body.members.iter().filter(|(_, text)| self.is_needed(text));
            needed.map(|(name, _)| *name).collect()
        };
        body.needed.get_or_init(needed)
    }

    fn is_needed(&'static self, text: &'static Text) -> bool {
        match text.head() {
            Some(head) => match head.split_once(' ') {
                Some((_, numbers)) => !numbers.starts_with('0'),
                None => split_marks(head).1.contains(&b'!'),
            },
            None => {
                let shared = text.json.parse().ok().and_then(|place: usize| self.shared.get(place));
                shared.is_some_and(|text| text.head().is_some() && self.is_needed(text))
            }
        }
    }

    fn resolve(&'static self, member: &'static Member) -> Option<Argument> {
        match member {
            Member::Attribute(attribute) => Some(Argument::Attribute(attribute)),
            Member::Block(nested) => Some(Argument::Block(nested)),
            Member::Shared(place) => match self.shared.get(*place)?.member()? {
                Member::Block(nested) => Some(Argument::Block(nested)),
                _ => None,
            },
        }
    }

    /// Whether every member can be read, and every number in place of a block is one of the table and belongs to a block that comes
    /// before its user: no cycles.
    #[cfg(test)]
    pub(super) fn is_sound(&'static self) -> bool {
        fn below(body: &'static Body, limit: usize) -> bool {
            body.members.iter().all(|(_, text)| match text.member() {
                Some(Member::Attribute(_)) => true,
                Some(Member::Block(nested)) => below(&nested.body, limit),
                Some(Member::Shared(place)) => *place < limit,
                None => false,
            })
        }
        let mut shared = self.shared.iter().enumerate();
        let in_shared = |(place, text): (usize, &'static Text)| match text.member() {
            Some(Member::Block(nested)) => below(&nested.body, place),
            _ => false,
        };
        shared.all(in_shared) && below(&self.body, self.shared.len())
    }
}

impl Attribute {
    fn read(text: &'static str, facts: Option<Box<Facts>>) -> Option<Self> {
        let (kind, marks) = split_marks(text);
        Some(Attribute {
            kind: Type::parse(kind)?,
            required: marks.contains(&b'!'),
            optional: marks.contains(&b'?'),
            computed: marks.contains(&b'='),
            sensitive: marks.contains(&b'*'),
            write_only: marks.contains(&b'~'),
            deprecated: marks.contains(&b'^'),
            replaces: marks.contains(&b'#'),
            facts,
        })
    }
}

impl Nested {
    fn read(header: &'static str, body: Body) -> Option<Self> {
        let (header, marks) = split_marks(header);
        let (word, numbers) = header.split_once(' ').unwrap_or((header, "0-"));
        let (least, most) = numbers.split_once('-')?;
        let nesting = match word {
            "single" => Nesting::Single,
            "list" => Nesting::List,
            "set" => Nesting::Set,
            _ => return None,
        };
        let most = match (nesting, most) {
            (Nesting::Single, _) => Some(1),
            (_, "") => None,
            (_, number) => Some(number.parse().ok()?),
        };
        Some(Nested {
            nesting,
            least: least.parse().ok()?,
            most,
            computed: marks.contains(&b'='),
            deprecated: marks.contains(&b'^'),
            replaces: marks.contains(&b'#'),
            body,
        })
    }
}

/// What stands before the marks at the end of a type or header, and the marks.
fn split_marks(text: &'static str) -> (&'static str, &'static [u8]) {
    let is_mark = |byte: &u8| b"!?=*~^#".contains(byte);
    let end = text
        .bytes()
        .rposition(|byte| !is_mark(&byte))
        .map_or(0, |last| last + 1);
    (
        text.get(..end).unwrap_or_default(),
        text.as_bytes().get(end..).unwrap_or_default(),
    )
}

impl Body {
    /// Reads a line ` NAME JSON` for each member.
    fn of_lines(text: &'static str) -> Option<Self> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        if text.is_empty() {
            return Some(Body::default());
        }
        // Every line of every type in use comes by here, so it goes by bytes.
        let ends = || memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
        let mut members = Vec::with_capacity(ends().count());
        let mut start = 0;
        for end in ends() {
            let line = text.get(start..end)?.strip_prefix(' ')?;
            let space = line.bytes().position(|byte| byte == b' ')?;
            members.push((line.get(..space)?, Text::new(line.get(space + 1..)?)));
            start = end + 1;
        }
        Some(Body {
            members,
            needed: OnceLock::new(),
        })
    }

    fn new(members: split::Members<'static>) -> Self {
        let members = members.into_iter().map(|(name, json)| (name, Text::new(json)));
        Body {
            members: members.collect(),
            needed: OnceLock::new(),
        }
    }
}

impl Member {
    fn read(json: &'static str) -> Option<Self> {
        match json.as_bytes().first()? {
            b'"' => Attribute::read(split::text(json)?, None).map(Member::Attribute),
            b'[' => match split::array(json)?.as_slice() {
                [text, facts] => {
                    let facts = serde_json::from_str(facts).ok()?;
                    Attribute::read(split::text(text)?, Some(facts)).map(Member::Attribute)
                }
                _ => None,
            },
            b'{' => {
                let mut members = split::object(json)?;
                let header = members.iter().position(|(name, _)| name.is_empty())?;
                let (_, header) = members.remove(header);
                Nested::read(split::text(header)?, Body::new(members)).map(Member::Block)
            }
            _ => json.parse().ok().map(Member::Shared),
        }
    }
}
