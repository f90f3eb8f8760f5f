//! When two values are the same: by content, numbers by value (`1` is `1.0`), keys in any order, in three values.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Number, Value};

use crate::condition::truth::Truth;
use crate::format::{Data, Node};

/// Whether `node` holds `value`; unknown where an opaque part decides.
pub(super) fn same(node: &Node, value: &Value) -> Truth {
    if node.is_opaque() {
        return Truth::Unknown;
    }
    match (&node.data, value) {
        (Data::Null, Value::Null) => Truth::True,
        (Data::Bool(ours), Value::Bool(theirs)) => Truth::from(ours == theirs),
        (Data::String(ours), Value::String(theirs)) => Truth::from(ours == theirs),
        (Data::Number(ours), Value::Number(theirs)) => Truth::from(compare(ours, theirs) == Some(Ordering::Equal)),
        (Data::Array(items), Value::Array(values)) if items.len() == values.len() => {
            items.iter().zip(values).fold(Truth::True, |truth, (item, value)| truth.and(same(item, value)))
        }
        (Data::Object(members), Value::Object(map)) => {
            if members.iter().any(|member| !map.contains_key(&member.key)) {
                return Truth::False;
            }
            let of = |(key, value): (&String, &Value)| node.get(key).map_or(Truth::False, |found| same(found, value));
            map.iter().map(of).fold(Truth::True, Truth::and)
        }
        _ => Truth::False,
    }
}

/// Whether no two items are the same. Linear but for the sorting.
pub(super) fn unique(items: &[Node]) -> Truth {
    let mut prints: Vec<String> = Vec::with_capacity(items.len());
    let mut truth = Truth::True;
    for item in items {
        let mut print = String::new();
        if write_print(item, &mut print) {
            prints.push(print);
        } else if items.len() > 1 {
            truth = Truth::Unknown;
        }
    }
    prints.sort_unstable();
    if prints.windows(2).any(|pair| pair.first() == pair.last()) { Truth::False } else { truth }
}

/// Writes a text that equal values share and others do not; `false` when an opaque part prevents it.
fn write_print(node: &Node, print: &mut String) -> bool {
    if node.is_opaque() {
        return false;
    }
    match &node.data {
        Data::Null | Data::Opaque(_) => print.push('n'),
        Data::Bool(value) => print.push(if *value { 't' } else { 'f' }),
        Data::Number(number) => match exact(number) {
            Exact::Whole(whole) => _ = write!(print, "#{whole}"),
            Exact::Float(float) => _ = write!(print, "#{float:e}"),
        },
        Data::String(text) => _ = write!(print, "{text:?}"),
        Data::Array(items) => {
            print.push('[');
            for item in items {
                if !write_print(item, print) {
                    return false;
                }
                print.push(',');
            }
            print.push(']');
        }
        Data::Object(members) => {
            let sorted: BTreeMap<&str, &Node> = members.iter().map(|member| (&*member.key, &member.value)).collect();
            print.push('{');
            for (key, value) in sorted {
                _ = write!(print, "{key:?}:");
                if !write_print(value, print) {
                    return false;
                }
                print.push(',');
            }
            print.push('}');
        }
    }
    true
}

enum Exact {
    Whole(i128),
    Float(f64),
}

/// A number without loss: whole where it is whole and fits.
#[expect(clippy::cast_possible_truncation, reason = "the range was tested")]
fn exact(number: &Number) -> Exact {
    if let Some(whole) = number.as_i128() {
        return Exact::Whole(whole);
    }
    let float = number.as_f64().unwrap_or(f64::NAN);
    if float.fract() == 0.0 && float.abs() < 1e38 { Exact::Whole(float as i128) } else { Exact::Float(float) }
}

/// Whether a number is whole: `1.0` and `1e300` are.
pub(super) fn is_integer(number: &Number) -> bool {
    match exact(number) {
        Exact::Whole(_) => true,
        Exact::Float(float) => float.fract() == 0.0,
    }
}

/// The order of two numbers by value, without rounding whole ones.
pub(super) fn compare(ours: &Number, theirs: &Number) -> Option<Ordering> {
    match (exact(ours), exact(theirs)) {
        (Exact::Whole(ours), Exact::Whole(theirs)) => Some(ours.cmp(&theirs)),
        (Exact::Float(ours), Exact::Float(theirs)) => ours.partial_cmp(&theirs),
        (Exact::Whole(ours), Exact::Float(theirs)) => whole_to_float(ours, theirs),
        (Exact::Float(ours), Exact::Whole(theirs)) => whole_to_float(theirs, ours).map(Ordering::reverse),
    }
}

/// A float here is either no whole number or beyond all of them, so its floor never equals `whole` by rounding.
#[expect(clippy::cast_possible_truncation, reason = "the range was tested")]
fn whole_to_float(whole: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float.abs() >= 1e38 {
        return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    Some(if whole <= float.floor() as i128 { Ordering::Less } else { Ordering::Greater })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::sample::node;
    use super::*;

    #[test]
    fn numbers_compare_by_value_without_rounding() {
        let table = [
            (json!(1), json!(1.0), Ordering::Equal),
            (json!(u64::MAX), json!(1.844_674_407_370_955_2e19), Ordering::Less),
            (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992.0), Ordering::Greater),
            (json!(-3), json!(-2.5), Ordering::Less),
            (json!(2), json!(2.5), Ordering::Less),
            (json!(3), json!(2.5), Ordering::Greater),
            (json!(1), json!(-1e300), Ordering::Greater),
        ];
        for (ours, theirs, order) in table {
            let (ours, theirs) = (ours.as_number().unwrap(), theirs.as_number().unwrap());
            assert_eq!(compare(ours, theirs), Some(order), "{ours} {theirs}");
            assert_eq!(compare(theirs, ours), Some(order.reverse()), "{theirs} {ours}");
        }
        assert!(is_integer(json!(1e300).as_number().unwrap()));
        assert!(!is_integer(json!(1.5).as_number().unwrap()));
    }

    #[test]
    fn equality_is_by_content_and_unknown_spreads_only_where_it_decides() {
        let table = [
            (json!({"a": 1, "b": [2.0]}), json!({"b": [2], "a": 1.0}), Truth::True),
            (json!({"a": 1}), json!({"a": 1, "b": 2}), Truth::False),
            (json!({"a": 1, "b": 2}), json!({"a": 1}), Truth::False),
            (json!(["opaque:x", 1]), json!([7, 1]), Truth::Unknown),
            (json!(["opaque:x", 1]), json!([7, 2]), Truth::False),
            (json!("opaque:x"), json!("x"), Truth::Unknown),
            (json!("1"), json!(1), Truth::False),
        ];
        for (ours, theirs, truth) in table {
            assert_eq!(same(&node(&ours), &theirs), truth, "{ours} {theirs}");
        }
    }

    #[test]
    fn items_repeat_by_content() {
        let unique = |value: Value| unique(node(&value).items());
        assert_eq!(unique(json!([1, "1", true, null, [], {}])), Truth::True);
        assert_eq!(unique(json!([{"a": 1, "b": 2}, {"b": 2.0, "a": 1}])), Truth::False);
        assert_eq!(unique(json!(["opaque:x", 1])), Truth::Unknown);
        assert_eq!(unique(json!(["opaque:x", 1, 1.0])), Truth::False);
        assert_eq!(unique(json!(["opaque:x"])), Truth::True);
        assert_eq!(unique(json!(["a,b", ["a", "b"], "a"])), Truth::True);
    }
}
