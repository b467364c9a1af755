//! What can be wrong with a block.

use std::fmt;

/// One thing that a provider would not accept.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The argument: `ingress[1].from_port`; empty where the whole block is meant.
    pub path: String,
    /// What is wrong with it.
    pub problem: Problem,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "{}", self.problem),
            path => write!(f, "{path}: {}", self.problem),
        }
    }
}

/// What is wrong with an argument. Given values are quoted as they are written, except those of sensitive arguments.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are named by what the variant says")]
pub enum Problem {
    /// The data has no such type.
    UnknownType {
        suggestion: Option<String>,
    },
    /// The type is only in another provider, which the block must name.
    NeedsProvider {
        provider: &'static str,
    },
    /// There is no argument of this name.
    UnknownArgument {
        suggestion: Option<String>,
    },
    /// There is no nested block of this name.
    UnknownBlock {
        suggestion: Option<String>,
    },
    /// Set with `=`, but it is a nested block.
    NotAnArgument,
    /// Written as a block, but it is an argument.
    NotABlock,
    /// A nested block with labels.
    UnexpectedLabels,
    /// Only the provider sets it.
    ReadOnly,
    /// Must be set, and is not.
    MissingRequired,
    TooFewBlocks {
        least: usize,
        given: usize,
    },
    TooManyBlocks {
        most: usize,
        given: usize,
    },
    WrongType {
        expected: String,
        given: String,
    },
    /// Not one of the values that the provider takes.
    NotAllowed {
        given: String,
        allowed: Vec<String>,
    },
    PatternMismatch {
        given: String,
        pattern: String,
    },
    BadLength {
        length: usize,
        least: Option<usize>,
        most: Option<usize>,
    },
    OutOfRange {
        given: String,
        least: Option<f64>,
        most: Option<f64>,
    },
    BadFormat {
        given: String,
        expected: &'static str,
    },
    /// Not an Azure resource id like the example.
    NotLike {
        given: String,
        like: String,
    },
    /// May not be set together with another argument.
    Exclusive {
        with: String,
    },
    /// One of several arguments must be set, and none is.
    ExactlyOneOf {
        of: Vec<String>,
    },
    /// At least one of several arguments must be set, and none is.
    AtLeastOneOf {
        of: Vec<String>,
    },
    /// Needs another argument that is not set.
    RequiredWith {
        missing: Vec<String>,
    },
    /// The provider warns about it.
    Deprecated {
        says: Option<String>,
    },
}

impl Problem {
    /// True for what the provider accepts with a warning.
    pub fn is_warning(&self) -> bool {
        matches!(self, Problem::Deprecated { .. })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::UnknownType { suggestion } => {
                write!(f, "no type of this name is known{}", DidYouMean(suggestion))
            }
            Problem::NeedsProvider { provider } => write!(f, "this type needs `provider = {provider}`"),
            Problem::UnknownArgument { suggestion } => {
                write!(f, "there is no argument of this name{}", DidYouMean(suggestion))
            }
            Problem::UnknownBlock { suggestion } => {
                write!(f, "there is no block of this name{}", DidYouMean(suggestion))
            }
            Problem::NotAnArgument => write!(f, "this is a nested block: write `{{ ... }}` without `=`"),
            Problem::NotABlock => write!(f, "this is an argument: write `= ...`"),
            Problem::UnexpectedLabels => write!(f, "this block takes no labels"),
            Problem::ReadOnly => write!(f, "the provider decides this value; it cannot be set"),
            Problem::MissingRequired => write!(f, "must be set"),
            Problem::TooFewBlocks { least, given } => {
                write!(f, "at least {least} of this block must be there, not {given}")
            }
            Problem::TooManyBlocks { most, given } => {
                write!(f, "at most {most} of this block may be there, not {given}")
            }
            Problem::WrongType { expected, given } => write!(f, "must be a {expected}, not {given}"),
            Problem::NotAllowed { given, allowed } => {
                write!(f, "{given} is not allowed; allowed: {}", allowed.join(", "))
            }
            Problem::PatternMismatch { given, pattern } => write!(f, "{given} does not match {pattern}"),
            Problem::BadLength { length, least, most } => {
                write!(f, "must have {} characters, not {length}", Between(least, most))
            }
            Problem::OutOfRange { given, least, most } => {
                write!(f, "must be {}, not {given}", Between(least, most))
            }
            Problem::BadFormat { given, expected } => write!(f, "{given} is not {expected}"),
            Problem::NotLike { given, like } => write!(f, "{given} is not a resource id like {like}"),
            Problem::Exclusive { with } => write!(f, "cannot be set together with `{with}`"),
            Problem::ExactlyOneOf { of } => write!(f, "exactly one of {} must be set", Names(of)),
            Problem::AtLeastOneOf { of } => write!(f, "at least one of {} must be set", Names(of)),
            Problem::RequiredWith { missing } => write!(f, "needs {} as well", Names(missing)),
            Problem::Deprecated { says: None } => write!(f, "is deprecated"),
            Problem::Deprecated { says: Some(says) } => write!(f, "is deprecated: {says}"),
        }
    }
}

struct DidYouMean<'a>(&'a Option<String>);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(word) => write!(f, "; did you mean `{word}`?"),
            None => Ok(()),
        }
    }
}

struct Between<'a, T>(&'a Option<T>, &'a Option<T>);

impl<T: fmt::Display> fmt::Display for Between<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (Some(least), Some(most)) => write!(f, "{least} to {most}"),
            (Some(least), None) => write!(f, "at least {least}"),
            (None, Some(most)) => write!(f, "at most {most}"),
            (None, None) => write!(f, "any number of"),
        }
    }
}

struct Names<'a>(&'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(|name| format!("`{name}`")).collect();
        write!(f, "{}", names.join(", "))
    }
}

/// A path under construction: nothing is allocated until a violation needs its text.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Name(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    /// The block itself.
    pub const ROOT: Path<'static> = Path {
        parent: None,
        step: Step::Root,
    };

    /// An argument or block inside.
    pub fn name(&'a self, name: &'a str) -> Path<'a> {
        self.below(Step::Name(name))
    }

    /// An element of a list, or one of several blocks of a name.
    pub fn index(&'a self, index: usize) -> Path<'a> {
        self.below(Step::Index(index))
    }

    /// A value of a map.
    pub fn key(&'a self, key: &'a str) -> Path<'a> {
        self.below(Step::Key(key))
    }

    /// This path as one that a violation keeps.
    pub fn violation(&self, problem: Problem) -> Violation {
        let path = self.to_string();
        Violation { path, problem }
    }

    fn below(&'a self, step: Step<'a>) -> Path<'a> {
        let parent = Some(self);
        Path { parent, step }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Name(name) if self.parent.is_none_or(|parent| matches!(parent.step, Step::Root)) => {
                write!(f, "{name}")
            }
            Step::Name(name) => write!(f, ".{name}"),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Key(key) => write!(f, "[{key:?}]"),
        }
    }
}
