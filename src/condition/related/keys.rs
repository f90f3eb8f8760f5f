//! What a node is joined by: texts, labels, a label selector; and whether some of it cannot be known.

use crate::condition::related::{How, JoinSpec};
use crate::condition::value::ValueHit;
use crate::format::{Data, Node, hcl};

/// The keys of one node for one join.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Keys {
    /// Texts of which one must be alike; of labels, and of what a selector asks for, `key=value`.
    pub(crate) texts: Vec<String>,
    /// Whether there are more that cannot be known.
    pub(crate) unknown: bool,
    /// A selector's other questions; `None` for what is no selector.
    pub(crate) selector: Option<Vec<Ask>>,
}

/// A question of a label selector beyond equality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    key: String,
    operator: String,
    values: Vec<String>,
}

impl Keys {
    /// The keys of `node` for `join`, the subject's or the counterpart's.
    pub(crate) fn of(join: &JoinSpec, own: bool, node: &Node, hit: &ValueHit) -> Self {
        if join.how == How::Any {
            return Self { texts: vec![String::new()], ..Self::default() };
        }
        let pointer = if own { &join.own } else { &join.other };
        if pointer == "key" {
            let key = hit.captures.iter().find(|(name, _)| name == "key").map(|(_, key)| key.clone());
            return Self { texts: key.into_iter().collect(), ..Self::default() };
        }
        let node = node.pointer(pointer);
        match (join.how, own) {
            (How::Equals | How::Member | How::Any, _) | (How::Referred, true) | (How::Refers, false) => {
                Self::plain(node)
            }
            (How::Referred, false) | (How::Refers, true) => Self::mentioned(node),
            (How::Selects, true) | (How::Selected, false) => Self::selector(node),
            (How::Selects, false) | (How::Selected, true) => Self::labels(node),
        }
    }

    /// A scalar, or the scalars of a list.
    pub(crate) fn plain(node: Option<&Node>) -> Self {
        let Some(node) = node else { return Self::default() };
        if node.is_opaque() {
            return Self { unknown: true, ..Self::default() };
        }
        match &node.data {
            Data::Array(items) => {
                let known = items.iter().filter(|item| !item.is_opaque()).filter_map(Node::scalar_text);
                Self { texts: known.collect(), unknown: items.iter().any(Node::is_opaque), selector: None }
            }
            _ => Self { texts: node.scalar_text().into_iter().collect(), ..Self::default() },
        }
    }

    /// The names that expressions refer to.
    fn mentioned(node: Option<&Node>) -> Self {
        let Some(node) = node else { return Self::default() };
        let texts = hcl::mentions(node);
        Self { unknown: hcl::is_vague(node), texts, selector: None }
    }

    fn labels(node: Option<&Node>) -> Self {
        let Some(node) = node else { return Self::default() };
        let (texts, unknown) = pairs(node);
        Self { texts, unknown, selector: None }
    }

    /// `matchLabels` and `matchExpressions`, or a plain map of labels.
    fn selector(node: Option<&Node>) -> Self {
        let Some(node) = node else { return Self::default() };
        let structured =
            node.is_opaque() || node.get("matchLabels").is_some() || node.get("matchExpressions").is_some();
        if !structured {
            let (texts, unknown) = pairs(node);
            // An empty map of a Service selects nothing; an empty structured one everything.
            let asks = (!texts.is_empty()).then(Vec::new);
            return Self { texts, unknown, selector: asks };
        }
        let (texts, unknown) = node.get("matchLabels").map(pairs).unwrap_or((Vec::new(), node.is_opaque()));
        let expressions = node.get("matchExpressions");
        let asks: Option<Vec<Ask>> = expressions.map(Node::items).unwrap_or_default().iter().map(Ask::of).collect();
        let hidden = asks.is_none() || expressions.is_some_and(Node::is_opaque);
        Self { texts, unknown: unknown || hidden, selector: Some(asks.unwrap_or_default()) }
    }

    /// Whether a selector (these keys) selects `labels`, as far as both are known.
    pub(crate) fn selects(&self, labels: &Self) -> bool {
        let Some(asks) = &self.selector else { return false };
        self.texts.iter().all(|pair| labels.texts.contains(pair)) && asks.iter().all(|ask| ask.holds(&labels.texts))
    }
}

fn pairs(node: &Node) -> (Vec<String>, bool) {
    let members = node.members();
    let known = members.iter().filter(|member| !member.value.is_opaque());
    let texts = known.filter_map(|member| Some(format!("{}={}", member.key, member.value.scalar_text()?)));
    (texts.collect(), node.is_opaque() || members.iter().any(|member| member.value.is_opaque()))
}

impl Ask {
    /// `None` when a part of it is unknown.
    fn of(node: &Node) -> Option<Self> {
        let text = |name: &str| node.get(name).filter(|node| !node.is_opaque()).and_then(Node::scalar_text);
        let values = node.get("values").map(Node::items).unwrap_or_default();
        let values = values.iter().map(|value| if value.is_opaque() { None } else { value.scalar_text() });
        Some(Self { key: text("key")?, operator: text("operator")?, values: values.collect::<Option<_>>()? })
    }

    fn holds(&self, labels: &[String]) -> bool {
        let value = labels.iter().find_map(|pair| pair.strip_prefix(self.key.as_str())?.strip_prefix('='));
        let listed = value.is_some_and(|value| self.values.iter().any(|wanted| wanted == value));
        match self.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}
