//! The keywords that a schema may use: one table that the compiler reads and the meta-schema is derived from.
//!
//! | asked of | keywords |
//! |---|---|
//! | anything | `type`, `const`, `enum`, `allOf`, `anyOf`, `oneOf`, `not`, `if`/`then`/`else`, `$ref` |
//! | text | `minLength`, `maxLength`, `pattern`, `format` (with `x-limit` where the format compares) |
//! | numbers | `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum` |
//! | lists | `minItems`, `maxItems`, `uniqueItems`, `prefixItems`, `items`, `contains` with `minContains`, `maxContains` |
//! | objects | `required`, `properties`, `patternProperties`, `additionalProperties`, `propertyNames`, `minProperties`, `maxProperties` |
//! | nothing | `title`, `description`, `$comment` |

use serde_json::Number;

use super::tree::{Keyword, Schema};

/// One keyword.
pub(super) struct Word {
    pub(super) name: &'static str,
    pub(super) form: Form,
    /// The keyword without which this one would be ignored, which we do not let happen.
    pub(super) needs: Option<&'static str>,
}

/// How a keyword's value is written, and what it becomes.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// Prose for readers.
    Note,
    /// A count.
    Count(fn(usize) -> Keyword),
    /// A number.
    Number(fn(Number) -> Keyword),
    /// One schema.
    Schema(fn(Schema) -> Keyword),
    /// A list of schemas, not empty.
    Schemas(fn(Vec<Schema>) -> Keyword),
    /// `true` or `false`; the keyword when `true`.
    Flag(fn() -> Keyword),
    /// A type or a list of types.
    Types,
    /// Any value.
    Const,
    /// A list of values, not empty.
    Enum,
    /// A regular expression.
    Pattern,
    /// A format's name.
    Format,
    /// A list of member names.
    Required,
    /// A reference to a definition.
    Reference,
    /// Read together with its group: a count.
    PartCount,
    /// Read together with its group: a schema.
    PartSchema,
    /// Read together with its group: a list of schemas.
    PartSchemas,
    /// Read together with its group: schemas by name.
    PartMap,
    /// Read together with its group: schemas by regular expression.
    PartPatterns,
    /// Read together with its group: a bound as text or number.
    PartLimit,
}

const fn word(name: &'static str, form: Form) -> Word {
    Word { name, form, needs: None }
}

const fn part(name: &'static str, form: Form, needs: &'static str) -> Word {
    Word { name, form, needs: Some(needs) }
}

/// The closed list.
pub(super) const WORDS: &[Word] = &[
    word("title", Form::Note),
    word("description", Form::Note),
    word("$comment", Form::Note),
    word("$ref", Form::Reference),
    word("type", Form::Types),
    word("const", Form::Const),
    word("enum", Form::Enum),
    word("pattern", Form::Pattern),
    word("format", Form::Format),
    part("x-limit", Form::PartLimit, "format"),
    word("minLength", Form::Count(Keyword::MinLength)),
    word("maxLength", Form::Count(Keyword::MaxLength)),
    word("minimum", Form::Number(Keyword::Minimum)),
    word("maximum", Form::Number(Keyword::Maximum)),
    word("exclusiveMinimum", Form::Number(Keyword::ExclusiveMinimum)),
    word("exclusiveMaximum", Form::Number(Keyword::ExclusiveMaximum)),
    word("minItems", Form::Count(Keyword::MinItems)),
    word("maxItems", Form::Count(Keyword::MaxItems)),
    word("uniqueItems", Form::Flag(|| Keyword::UniqueItems)),
    word("prefixItems", Form::PartSchemas),
    word("items", Form::PartSchema),
    word("contains", Form::PartSchema),
    part("minContains", Form::PartCount, "contains"),
    part("maxContains", Form::PartCount, "contains"),
    word("minProperties", Form::Count(Keyword::MinProperties)),
    word("maxProperties", Form::Count(Keyword::MaxProperties)),
    word("required", Form::Required),
    word("properties", Form::PartMap),
    word("patternProperties", Form::PartPatterns),
    word("additionalProperties", Form::PartSchema),
    word("propertyNames", Form::Schema(Keyword::Names)),
    word("allOf", Form::Schemas(Keyword::AllOf)),
    word("anyOf", Form::Schemas(Keyword::AnyOf)),
    word("oneOf", Form::Schemas(Keyword::OneOf)),
    word("not", Form::Schema(Keyword::Not)),
    word("if", Form::PartSchema),
    part("then", Form::PartSchema, "if"),
    part("else", Form::PartSchema, "if"),
];

/// The keyword `name`.
pub(super) fn find(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.name == name)
}
