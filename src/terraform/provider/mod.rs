//! What the providers know of their types, and checks against it.
//!
//! The data is text in `src/terraform/data`: one file for each provider, one type a paragraph with an argument a line, for the provider version
//! in the first line. A line is parsed when it is first asked for, so the size of the data costs a render next to nothing.
//!
//! Only the types that the targets name are kept, and those of `types.txt`. A type that is not there is an
//! [unknown type](Problem::UnknownType): name it in a target, then run
//!
//! ```text
//! cargo run --example refresh_provider_data -- SCHEMAS_DIR FACTS_DIR
//! ```
//!
//! For azurerm and google the data is complete but for checks that the providers write as code over several arguments; for aws
//! allowed values, patterns and rules are known in part only, and what is not known is not checked.

mod catalog;
mod check;
mod dynamic;
mod facts;
mod literal;
mod lookup;
mod rules;
mod schema;
mod types;
mod value;
mod violation;

pub use catalog::BlockKind;
pub use check::check_block;
pub use facts::{Facts, Scalar};
pub use lookup::{argument, arguments, has_attribute, id_example, is_sensitive, types, version};
pub use schema::{Argument, Attribute, Body, Nested, Nesting, Rules, Schema};
pub use types::Type;
pub use violation::{Problem, Violation};
