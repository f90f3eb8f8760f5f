//! What a node is joined by: texts, labels, a label selector; and whether some of it cannot be known.

use crate::condition::Truth;
use crate::condition::related::{How, JoinSpec};
use crate::condition::value::ValueHit;
use crate::format::helm::inserted;
use crate::format::{Data, Node, hcl};

/// The keys of one node for one join.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Keys {
    /// Texts of which one must be alike; of labels, and of what a selector asks for, `key=value`.
    pub(crate) texts: Vec<String>,
    /// Whether there are more that cannot be known.
    pub(crate) unknown: bool,
    /// Of labels and of selectors: what templates say there.
    pub(crate) templates: Vec<Template>,
    /// A selector's other questions; `None` for what is no selector.
    pub(crate) selector: Option<Vec<Ask>>,
}

/// What a template says among labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    /// The label whose value it makes; `None` where it makes labels.
    key: Option<String>,
    /// How it is written, without what does not matter.
    text: String,
}

/// A question of a label selector beyond equality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    key: String,
    operator: String,
    values: Vec<String>,
}

impl Keys {
    /// The keys of `node`, in the document `root`, for `join`: the subject's or the counterpart's.
    pub(crate) fn of(join: &JoinSpec, own: bool, (root, node): (&Node, &Node), hit: &ValueHit) -> Self {
        if join.how == How::Any {
            return Self { texts: vec![String::new()], ..Self::default() };
        }
        let pointer = if own { &join.own } else { &join.other };
        if pointer == "key" {
            let key = hit.captures.iter().find(|(name, _)| name == "key").map(|(_, key)| key.clone());
            return Self { texts: key.into_iter().collect(), ..Self::default() };
        }
        let node = pointer.strip_prefix('$').map_or_else(|| node.pointer(pointer), |rest| root.pointer(rest));
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
                Self { texts: known.collect(), unknown: items.iter().any(Node::is_opaque), ..Self::default() }
            }
            _ => Self { texts: node.scalar_text().into_iter().collect(), ..Self::default() },
        }
    }

    /// The names that expressions refer to.
    fn mentioned(node: Option<&Node>) -> Self {
        let Some(node) = node else { return Self::default() };
        let texts = hcl::mentions(node);
        Self { unknown: hcl::is_vague(node), texts, ..Self::default() }
    }

    fn labels(node: Option<&Node>) -> Self {
        node.map(pairs).unwrap_or_default()
    }

    /// `matchLabels` and `matchExpressions`, or a plain map of labels.
    fn selector(node: Option<&Node>) -> Self {
        let Some(node) = node else { return Self::default() };
        let structured = node.get("matchLabels").is_some() || node.get("matchExpressions").is_some();
        if !structured {
            let pairs = pairs(node);
            // An empty map of a Service selects nothing; an empty structured one everything.
            let asks = !pairs.texts.is_empty() || !pairs.templates.is_empty();
            return Self { selector: asks.then(Vec::new), ..pairs };
        }
        let pairs = node.get("matchLabels").map(pairs).unwrap_or_default();
        let expressions = node.get("matchExpressions");
        let asks: Option<Vec<Ask>> = expressions.map(Node::items).unwrap_or_default().iter().map(Ask::of).collect();
        let hidden = asks.is_none() || expressions.is_some_and(Node::is_opaque);
        let mut templates = pairs.templates;
        // What cannot be read is like what a template makes: it may ask for anything.
        templates.extend(hidden.then(|| Template { key: None, text: String::new() }));
        Self {
            unknown: pairs.unknown || hidden,
            templates,
            selector: Some(asks.unwrap_or_default()),
            texts: pairs.texts,
        }
    }

    /// Whether a selector (these keys) selects `labels`. Where the two stand `together`, what templates say alike is the same.
    pub(crate) fn selects(&self, labels: &Self, together: bool) -> Truth {
        let Some(asks) = &self.selector else { return Truth::False };
        let pairs = self.texts.iter().map(|pair| labels.has(pair));
        let templates = self.templates.iter().map(|template| labels.has_template(template, together));
        let more = asks.iter().map(|ask| ask.holds(labels));
        pairs.chain(templates).chain(more).fold(Truth::True, Truth::and)
    }

    /// Whether these labels have a pair that is known.
    fn has(&self, pair: &str) -> Truth {
        let key = pair.split_once('=').map_or(pair, |(key, _)| key);
        match (self.value_of(key), self.may_have(key)) {
            (Some(value), _) => Truth::from(pair.len() > key.len() && &pair[key.len() + 1..] == value),
            (None, true) => Truth::Unknown,
            (None, false) => Truth::False,
        }
    }

    /// Whether these labels have what a template says.
    fn has_template(&self, template: &Template, together: bool) -> Truth {
        let known = template.key.as_deref().and_then(|key| self.value_of(key));
        match () {
            () if together && !template.text.is_empty() && self.templates.contains(template) => Truth::True,
            () if known.is_some() || template.key.as_deref().is_none_or(|key| self.may_have(key)) => Truth::Unknown,
            () => Truth::False,
        }
    }

    /// The value of a label, where it is known.
    fn value_of(&self, key: &str) -> Option<&str> {
        self.texts.iter().find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
    }

    /// Whether a template may say something of a label.
    fn may_have(&self, key: &str) -> bool {
        self.templates.iter().any(|template| template.key.as_deref().is_none_or(|known| known == key))
    }
}

/// The pairs of a map of labels, and what templates say in it.
fn pairs(node: &Node) -> Keys {
    let template = |key: Option<&str>, node: &Node| {
        let raw = if let Data::Opaque(raw) = &node.data { raw.as_str() } else { "" };
        Template { key: key.map(str::to_owned), text: inserted(raw) }
    };
    let mut keys = Keys::default();
    keys.templates.extend(node.is_opaque().then(|| template(None, node)));
    for member in node.members() {
        match member.value.scalar_text() {
            _ if member.is_inserted() => keys.templates.push(template(None, &member.value)),
            _ if member.value.is_opaque() => keys.templates.push(template(Some(&member.key), &member.value)),
            Some(text) => keys.texts.push(format!("{}={text}", member.key)),
            None => {}
        }
    }
    keys.unknown = !keys.templates.is_empty();
    keys
}

impl Ask {
    /// `None` when a part of it is unknown.
    fn of(node: &Node) -> Option<Self> {
        let text = |name: &str| node.get(name).filter(|node| !node.is_opaque()).and_then(Node::scalar_text);
        let values = node.get("values").map(Node::items).unwrap_or_default();
        let values = values.iter().map(|value| if value.is_opaque() { None } else { value.scalar_text() });
        Some(Self { key: text("key")?, operator: text("operator")?, values: values.collect::<Option<_>>()? })
    }

    fn holds(&self, labels: &Keys) -> Truth {
        let value = labels.value_of(&self.key);
        if value.is_none() && labels.may_have(&self.key) {
            return Truth::Unknown;
        }
        let listed = value.is_some_and(|value| self.values.iter().any(|wanted| wanted == value));
        Truth::from(match self.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        })
    }
}
