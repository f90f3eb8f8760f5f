//! The judgement of a node by a schema, in three values, with the place that speaks against it.
//!
//! A node whose value cannot be known answers every question about it with "unknown"; what a schema decides without
//! it (one branch that holds, a missing member) stays decided. A key that stands twice counts once, with its last
//! value, as in [`Node::get`].

use std::collections::HashSet;

use jiff::civil::Date;
use serde_json::Number;

use super::equality::{compare, is_integer, same, unique};
use super::tree::{Keyword, Members, Pattern, Schema, Tree, Type};
use crate::condition::truth::Truth;
use crate::format::{Data, Member, Node};
use crate::text::Span;

/// What a schema says about a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it holds.
    pub truth: Truth,
    /// When it does not: the deepest node (or key) that speaks against it, the first of several.
    pub at: Option<Span>,
}

impl Schema {
    /// Judges `node`; formats that need a date are unknown.
    pub fn judge(&self, node: &Node) -> Verdict {
        self.judge_with(node, None)
    }

    /// Judges `node` as on the day `as_of`.
    pub fn judge_at(&self, node: &Node, as_of: Date) -> Verdict {
        self.judge_with(node, Some(as_of))
    }

    /// Judges `node`, with the day if there is one.
    pub fn judge_with(&self, node: &Node, as_of: Option<Date>) -> Verdict {
        let ruling = Judge { as_of }.schema(self, Seen { node, depth: 0 });
        Verdict { truth: ruling.truth, at: ruling.against.map(|(_, span)| span) }
    }
}

/// A node and how deep it lies below the judged one.
#[derive(Clone, Copy)]
struct Seen<'a> {
    node: &'a Node,
    depth: usize,
}

impl<'a> Seen<'a> {
    fn child(self, node: &'a Node) -> Self {
        Self { node, depth: self.depth + 1 }
    }

    fn rule(self, truth: Truth) -> Ruling {
        Ruling { truth, against: truth.is_false().then_some((self.depth, self.node.span)) }
    }
}

/// A truth with, for a falsehood, the depth and place of what speaks against it.
#[derive(Clone, Copy)]
struct Ruling {
    truth: Truth,
    against: Option<(usize, Span)>,
}

impl Ruling {
    const HOLDS: Self = Self { truth: Truth::True, against: None };

    fn and(self, other: Self) -> Self {
        Self { truth: self.truth.and(other.truth), against: deeper(self.against, other.against) }
    }

    /// One certain truth clears what speaks against the others.
    fn or(self, other: Self) -> Self {
        let truth = self.truth.or(other.truth);
        Self { truth, against: deeper(self.against, other.against).filter(|_| truth.is_false()) }
    }
}

/// The deeper place, the first of two equally deep ones.
fn deeper(ours: Option<(usize, Span)>, theirs: Option<(usize, Span)>) -> Option<(usize, Span)> {
    match (ours, theirs) {
        (Some(first), Some(second)) => Some(if second.0 > first.0 { second } else { first }),
        (first, second) => first.or(second),
    }
}

/// All of them together.
fn every(rulings: impl Iterator<Item = Ruling>) -> Ruling {
    rulings.fold(Ruling::HOLDS, Ruling::and)
}

struct Judge {
    as_of: Option<Date>,
}

impl Judge {
    fn schema(&self, schema: &Schema, seen: Seen<'_>) -> Ruling {
        match &*schema.0 {
            Tree::Always(value) => seen.rule(Truth::from(*value)),
            Tree::All(keywords) => every(keywords.iter().map(|keyword| self.keyword(keyword, seen))),
        }
    }

    fn keyword(&self, keyword: &Keyword, seen: Seen<'_>) -> Ruling {
        match keyword {
            Keyword::AllOf(schemas) => every(schemas.iter().map(|schema| self.schema(schema, seen))),
            Keyword::AnyOf(schemas) => self.any(schemas, seen),
            Keyword::OneOf(schemas) => self.one(schemas, seen),
            Keyword::Not(schema) => seen.rule(self.schema(schema, seen).truth.negate()),
            Keyword::If { test, then, otherwise } => self.conditional(test, then.as_ref(), otherwise.as_ref(), seen),
            Keyword::Format(format) if format.asks_knowledge() => seen.rule(Truth::from(!seen.node.is_opaque())),
            _ if seen.node.is_opaque() => seen.rule(Truth::Unknown),
            _ => match &seen.node.data {
                Data::Array(items) => self.list(keyword, items, seen),
                Data::Object(members) => self.object(keyword, members, seen),
                _ => seen.rule(self.plain(keyword, seen.node)),
            },
        }
    }

    fn any(&self, schemas: &[Schema], seen: Seen<'_>) -> Ruling {
        let mut ruling = Ruling { truth: Truth::False, against: None };
        for schema in schemas {
            ruling = ruling.or(self.schema(schema, seen));
            if ruling.truth.is_true() {
                break;
            }
        }
        ruling
    }

    fn one(&self, schemas: &[Schema], seen: Seen<'_>) -> Ruling {
        let rulings: Vec<Ruling> = schemas.iter().map(|schema| self.schema(schema, seen)).collect();
        let count = |truth: Truth| rulings.iter().filter(|ruling| ruling.truth == truth).count();
        match (count(Truth::True), count(Truth::Unknown)) {
            (0, 0) => rulings.into_iter().reduce(Ruling::or).unwrap_or(Ruling::HOLDS),
            (1, 0) => Ruling::HOLDS,
            (0 | 1, _) => seen.rule(Truth::Unknown),
            _ => seen.rule(Truth::False),
        }
    }

    /// With the test unknown, what both ways agree on still holds.
    fn conditional(&self, test: &Schema, then: Option<&Schema>, otherwise: Option<&Schema>, seen: Seen<'_>) -> Ruling {
        let way = |schema: Option<&Schema>| schema.map_or(Ruling::HOLDS, |schema| self.schema(schema, seen));
        match self.schema(test, seen).truth {
            Truth::True => way(then),
            Truth::False => way(otherwise),
            Truth::Unknown => {
                let (then, otherwise) = (way(then), way(otherwise));
                if then.truth == otherwise.truth { then.and(otherwise) } else { seen.rule(Truth::Unknown) }
            }
        }
    }

    /// What is asked of scalars, and of everything by type and value. Other questions do not concern them.
    fn plain(&self, keyword: &Keyword, node: &Node) -> Truth {
        match (keyword, &node.data) {
            (Keyword::Types(types), data) => Truth::from(types.iter().any(|kind| is_of(data, *kind))),
            (Keyword::OneOfValues(values), _) => {
                values.iter().map(|value| same(node, value)).fold(Truth::False, Truth::or)
            }
            (Keyword::Pattern(pattern), Data::String(text)) => matches(pattern, text),
            (Keyword::Format(format), Data::String(text)) => format.judge_text(text, self.as_of),
            (Keyword::Format(format), Data::Number(number)) => format.judge_number(number, self.as_of),
            (Keyword::MinLength(least), Data::String(text)) => Truth::from(has_chars(text, *least)),
            (Keyword::MaxLength(most), Data::String(text)) => Truth::from(!has_chars(text, most.saturating_add(1))),
            (_, Data::Number(number)) => bounds(keyword, number),
            _ => Truth::True,
        }
    }

    fn list(&self, keyword: &Keyword, items: &[Node], seen: Seen<'_>) -> Ruling {
        match keyword {
            Keyword::MinItems(least) => seen.rule(Truth::from(items.len() >= *least)),
            Keyword::MaxItems(most) => seen.rule(Truth::from(items.len() <= *most)),
            Keyword::UniqueItems => seen.rule(unique(items)),
            Keyword::Items { first, rest } => {
                let schemas = first.iter().map(Some).chain(std::iter::repeat(rest.as_ref()));
                let judged = items.iter().zip(schemas).filter_map(|(item, schema)| Some((item, schema?)));
                every(judged.map(|(item, schema)| self.schema(schema, seen.child(item))))
            }
            Keyword::Contains { schema, min, max } => {
                let truths: Vec<Truth> = items.iter().map(|item| self.schema(schema, seen.child(item)).truth).collect();
                seen.rule(within(&truths, *min, *max))
            }
            _ => seen.rule(self.plain(keyword, seen.node)),
        }
    }

    fn object(&self, keyword: &Keyword, members: &[Member], seen: Seen<'_>) -> Ruling {
        match keyword {
            Keyword::Required(names) => {
                let all = names.iter().all(|name| seen.node.member(name).is_some());
                // What a template inserts among the members may bring those that are missing.
                let more = || members.iter().any(Member::is_inserted);
                seen.rule(if !all && more() { Truth::Unknown } else { Truth::from(all) })
            }
            Keyword::Members(asked) => self.members(asked, members, seen),
            Keyword::Names(schema) => every(effective(members).into_iter().map(|member| {
                let name = Node::string(member.key.as_str(), member.key_span);
                self.schema(schema, seen.child(&name))
            })),
            Keyword::MinProperties(least) => seen.rule(Truth::from(effective(members).len() >= *least)),
            Keyword::MaxProperties(most) => seen.rule(Truth::from(effective(members).len() <= *most)),
            _ => seen.rule(self.plain(keyword, seen.node)),
        }
    }

    fn members(&self, asked: &Members, members: &[Member], seen: Seen<'_>) -> Ruling {
        let mut ruling = Ruling::HOLDS;
        for (name, schema) in &asked.named {
            if let Some(value) = seen.node.get(name) {
                ruling = ruling.and(self.schema(schema, seen.child(value)));
            }
        }
        if asked.patterns.is_empty() && asked.additional.is_none() {
            return ruling;
        }
        for member in effective(members) {
            ruling = ruling.and(self.unnamed(asked, member, seen.child(&member.value)));
        }
        ruling
    }

    /// A member by `patternProperties`, and by `additionalProperties` when nothing else speaks of it.
    fn unnamed(&self, asked: &Members, member: &Member, seen: Seen<'_>) -> Ruling {
        let mut known = Truth::from(asked.named.iter().any(|(name, _)| *name == member.key));
        let mut ruling = Ruling::HOLDS;
        for (pattern, schema) in &asked.patterns {
            let fits = matches(pattern, &member.key);
            known = known.or(fits);
            if !fits.is_false() {
                let judged = self.schema(schema, seen);
                ruling = ruling.and(if fits.is_true() { judged } else { seen.rule(Truth::Unknown) });
            }
        }
        match &asked.additional {
            Some(schema) if known.is_false() => ruling.and(self.schema(schema, seen)),
            Some(_) if known == Truth::Unknown => ruling.and(seen.rule(Truth::Unknown)),
            _ => ruling,
        }
    }
}

/// The members that count: of a key that stands twice, the last.
fn effective(members: &[Member]) -> Vec<&Member> {
    let mut seen = HashSet::with_capacity(members.len());
    let mut kept: Vec<&Member> = members.iter().rev().filter(|member| seen.insert(member.key.as_str())).collect();
    kept.reverse();
    kept
}

fn is_of(data: &Data, kind: Type) -> bool {
    match data {
        Data::Null => kind == Type::Null,
        Data::Bool(_) => kind == Type::Boolean,
        Data::Number(number) => kind == Type::Number || kind == Type::Integer && is_integer(number),
        Data::String(_) => kind == Type::String,
        Data::Array(_) => kind == Type::Array,
        Data::Object(_) => kind == Type::Object,
        Data::Opaque(_) => false,
    }
}

/// An expression that does not compile judges nothing; validation reports it.
fn matches(pattern: &Pattern, text: &str) -> Truth {
    pattern.regex().map_or(Truth::Unknown, |regex| Truth::from(regex.is_match(text.as_bytes())))
}

/// Whether `text` has at least `count` characters.
fn has_chars(text: &str, count: usize) -> bool {
    count == 0 || text.len() >= count && text.chars().nth(count - 1).is_some()
}

fn bounds(keyword: &Keyword, number: &Number) -> Truth {
    let order = |bound: &Number| compare(number, bound);
    let holds = match keyword {
        Keyword::Minimum(bound) => order(bound).is_some_and(std::cmp::Ordering::is_ge),
        Keyword::Maximum(bound) => order(bound).is_some_and(std::cmp::Ordering::is_le),
        Keyword::ExclusiveMinimum(bound) => order(bound).is_some_and(std::cmp::Ordering::is_gt),
        Keyword::ExclusiveMaximum(bound) => order(bound).is_some_and(std::cmp::Ordering::is_lt),
        _ => true,
    };
    Truth::from(holds)
}

/// Whether the number of truths lies between `min` and `max`, whatever the unknown ones turn out to be.
fn within(truths: &[Truth], min: usize, max: Option<usize>) -> Truth {
    let sure = truths.iter().filter(|truth| truth.is_true()).count();
    let possible = truths.iter().filter(|truth| !truth.is_false()).count();
    let enough = if sure >= min { Truth::True } else { at_best(possible >= min) };
    let few = match max {
        Some(max) if possible > max => at_best(sure <= max),
        _ => Truth::True,
    };
    enough.and(few)
}

fn at_best(possible: bool) -> Truth {
    if possible { Truth::Unknown } else { Truth::False }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::definitions::Definitions;
    use super::super::sample::{node, placed};
    use super::*;

    fn schema(written: &Value) -> Schema {
        Schema::compile(written, &Definitions::empty()).unwrap()
    }

    fn truth(written: &Value, value: &Value) -> Truth {
        schema(written).judge(&node(value)).truth
    }

    #[test]
    fn unknown_spreads_only_where_it_decides() {
        use Truth::{False, True, Unknown};
        let opaque = json!("opaque:{{ .Values.x }}");
        let object = json!({"a": opaque, "b": 1});
        let list = json!([1, opaque]);
        let table = [
            (json!({"type": "string"}), &opaque, Unknown),
            (json!({"format": "x-literal"}), &opaque, False),
            (json!({"allOf": [{"format": "x-literal"}, {"type": "string"}]}), &opaque, False),
            (json!({"properties": {"b": {"format": "x-literal"}}}), &object, True),
            (json!({}), &opaque, True),
            (json!(false), &opaque, False),
            (json!({"not": {"const": 1}}), &opaque, Unknown),
            (json!({"anyOf": [{"const": 1}, true]}), &opaque, True),
            (json!({"allOf": [{"const": 1}, false]}), &opaque, False),
            (json!({"oneOf": [true, true, {"const": 1}]}), &opaque, False),
            (json!({"oneOf": [true, {"const": 1}]}), &opaque, Unknown),
            (json!({"if": {"const": 1}, "then": true, "else": {}}), &opaque, True),
            (json!({"if": {"const": 1}, "then": false, "else": false}), &opaque, False),
            (json!({"if": {"const": 1}, "then": true, "else": false}), &opaque, Unknown),
            (json!({"required": ["a"], "type": "object"}), &object, True),
            (json!({"required": ["c"]}), &object, False),
            (json!({"properties": {"a": {"const": 1}, "b": {"const": 2}}}), &object, False),
            (json!({"properties": {"a": {"const": 1}, "b": {"const": 1}}}), &object, Unknown),
            (json!({"contains": {"const": 1}}), &list, True),
            (json!({"contains": {"const": 2}}), &list, Unknown),
            (json!({"contains": {"const": 2}, "minContains": 2}), &list, False),
            (json!({"contains": {"const": 1}, "maxContains": 1}), &list, Unknown),
            (json!({"contains": {"const": 1}, "maxContains": 0}), &list, False),
            (json!({"minItems": 2, "maxItems": 2}), &list, True),
        ];
        for (written, value, expected) in table {
            assert_eq!(truth(&written, value), expected, "{written} of {value}");
        }
    }

    #[test]
    fn a_tag_makes_a_node_unknown() {
        let mut tagged = node(&json!({"a": 1}));
        tagged.tag = Some("!Sub".into());
        assert_eq!(schema(&json!({"required": ["a"]})).judge(&tagged).truth, Truth::Unknown);
    }

    #[test]
    fn a_falsehood_points_at_the_deepest_offender() {
        let value = json!({"jobs": {"a": {"steps": [{"uses": "x@v1"}, {"uses": "y@v2"}]}}, "x": 1});
        let (text, root) = placed(&value);
        let at = |written: Value| {
            let span = schema(&written).judge(&root).at.unwrap();
            &text[span.start..span.end]
        };
        let step = json!({"properties": {"uses": {"pattern": "@v1$"}}});
        let jobs = json!({"additionalProperties": {"properties": {"steps": {"items": step}}}});
        assert_eq!(at(json!({"properties": {"x": {"const": 2}, "jobs": jobs}})), "\"y@v2\"");
        assert_eq!(at(json!({"properties": {"x": {"const": 2}}, "required": ["y"]})), "1");
        assert_eq!(at(json!({"required": ["y"]})), text);
        assert_eq!(at(json!({"propertyNames": {"maxLength": 3}})), "\"jobs\"");
        assert_eq!(at(json!({"properties": {"jobs": true}, "additionalProperties": false})), "1");
        assert_eq!(at(json!({"anyOf": [{"properties": {"x": {"const": 2}}}, {"required": ["z"]}]})), "1");
        assert_eq!(at(json!({"not": {"properties": {"x": {"const": 1}}}})), text);
        assert_eq!(schema(&json!({"required": ["x"]})).judge(&root).at, None);
        assert_eq!(schema(&json!({"anyOf": [{"required": ["y"]}, {"required": ["x"]}]})).judge(&root).at, None);
    }

    #[test]
    fn a_key_that_stands_twice_counts_once_with_its_last_value() {
        let span = Span::at(0);
        let member =
            |value: bool| Member { key: "a".to_owned(), key_span: span, value: Node::new(Data::Bool(value), span) };
        let twice = Node::new(Data::Object(vec![member(false), member(true)]), span);
        for written in [
            json!({"maxProperties": 1}),
            json!({"properties": {"a": {"const": true}}}),
            json!({"additionalProperties": {"const": true}}),
            json!({"patternProperties": {"^a$": {"const": true}}}),
            json!({"const": {"a": true}}),
        ] {
            assert_eq!(schema(&written).judge(&twice).truth, Truth::True, "{written}");
        }
    }

    #[test]
    fn an_expression_that_does_not_compile_judges_nothing() {
        assert_eq!(truth(&json!({"pattern": "("}), &json!("a")), Truth::Unknown);
        assert_eq!(truth(&json!({"patternProperties": {"(": false}}), &json!({"a": 1})), Truth::Unknown);
        assert_eq!(truth(&json!({"pattern": "("}), &json!(1)), Truth::True);
    }

    #[test]
    fn dates_need_a_day_to_compare_with() {
        let past = schema(&json!({"format": "x-date-past"}));
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(past.judge(&node(&json!("2024-01-31"))).truth, Truth::Unknown);
        assert_eq!(past.judge_at(&node(&json!("2024-01-31")), day("2024-02-01")).truth, Truth::True);
        assert_eq!(past.judge_at(&node(&json!("2024-02-01")), day("2024-02-01")).truth, Truth::False);
    }
}
