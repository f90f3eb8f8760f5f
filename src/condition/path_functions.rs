//! `search` and `match` of path expressions (RFC 9535, sections 2.4.6 and 2.4.7), with expressions that are compiled once and kept:
//! the library compiles them anew for each node.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use serde_json::Value;
use serde_json_path::functions::{LogicalType, ValueType};

use crate::condition::expression::{Expression, Length, SMALL_CACHE, parse_for_value};

/// Expressions as they are tried, compiled; `None` where they are wrong.
type Known = FxHashMap<String, Option<Arc<Expression>>>;

/// Those that any thread has compiled.
static SHARED: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

thread_local! {
    /// Those that this thread has met, as they stand in the path: tried on a part, and on the whole of a text.
    static KNOWN: RefCell<[Known; 2]> = RefCell::default();
}

fn shared(written: &str) -> Option<Arc<Expression>> {
    let compile = || {
        let parsed = parse_for_value(written).ok()?;
        Expression::new(&parsed, Length::Short, SMALL_CACHE).ok().map(Arc::new)
    };
    let mut all = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    all.entry(written.to_owned()).or_insert_with(compile).clone()
}

/// Whether `text` has a match of `expression`, of which nothing is left over if it is asked for `whole`.
fn holds(text: &ValueType<'_>, expression: &ValueType<'_>, whole: bool) -> LogicalType {
    let (Some(Value::String(text)), Some(Value::String(expression))) = (text.as_value(), expression.as_value()) else {
        return LogicalType::False;
    };
    KNOWN.with_borrow_mut(|[part, all]| {
        let known = if whole { all } else { part };
        // Nearly always it is known, and each node asks.
        if !known.contains_key(expression) {
            let written = if whole { format!("(?R)^(?:{expression})$") } else { format!("(?R)(?:{expression})") };
            known.insert(expression.clone(), shared(&written));
        }
        let regex = known.get(expression).and_then(Option::as_ref);
        regex.is_some_and(|regex| regex.is_match(text.as_bytes())).into()
    })
}

#[serde_json_path::function(name = "search")]
fn search(text: ValueType<'_>, expression: ValueType<'_>) -> LogicalType {
    holds(&text, &expression, false)
}

#[serde_json_path::function(name = "match")]
fn whole(text: ValueType<'_>, expression: ValueType<'_>) -> LogicalType {
    holds(&text, &expression, true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json_path::JsonPath;

    fn count(path: &str) -> usize {
        let texts = json!(["ab", "xaby", "b", 3, null]);
        JsonPath::parse(path).unwrap().query(&texts).len()
    }

    #[test]
    fn search_looks_within_and_match_at_the_whole() {
        assert_eq!(count("$[?search(@, 'a|b$')]"), 3);
        assert_eq!(count("$[?match(@, 'ab|b')]"), 2);
        assert_eq!(count("$[?search(@, '(')]"), 0, "what is wrong matches nothing");
        assert_eq!(count("$[?!match(@, 'a.')]"), 4);
    }
}
