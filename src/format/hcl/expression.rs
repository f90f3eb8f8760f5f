//! Expressions as values, as far as they can be worked out from the text and a scope; the rest keeps its text.
//!
//! Nothing is guessed: a name without a known value, a function that reads the world, a splat over a resource give an
//! opaque node. The reader counts every node it makes, copies included, and stops making them at its bound.

use hcl_edit::Span as _;
use hcl_edit::expr::{
    BinaryOp, BinaryOperator, Conditional, Expression, ForExpr, Object, ObjectKey, Traversal, TraversalOperator,
    UnaryOperator,
};
use serde_json::Number;

use super::functions;
use super::scope::{Root, Scope, is_known, placed};
use crate::format::{Data, Member, Node};
use crate::text::Span;

/// Works out the expressions of one text.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    scope: &'a Scope,
    /// Names bound by `for`, `dynamic`, `for_each` and `count`, innermost last.
    bound: Vec<(String, Node)>,
    left: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, scope: &'a Scope, nodes: usize) -> Self {
        Self { text, scope, bound: Vec::new(), left: nodes }
    }

    /// Whether more nodes were asked for than allowed.
    pub(super) const fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Counts `nodes`; the bound is reached when there are none left.
    pub(super) fn spend(&mut self, nodes: usize) {
        self.left = self.left.saturating_sub(nodes);
    }

    /// Runs `work` with `name` standing for `value`.
    pub(super) fn with<T>(&mut self, name: &str, value: Node, work: impl FnOnce(&mut Self) -> T) -> T {
        self.bound.push((name.to_owned(), value));
        let done = work(self);
        self.bound.pop();
        done
    }

    /// The place of a node of the syntax.
    pub(super) fn span(&self, range: Option<std::ops::Range<usize>>) -> Span {
        let range = range.unwrap_or_default();
        let inside = self.text.get(range.clone()).is_some();
        if inside { Span::new(range.start, range.end) } else { Span::at(0) }
    }

    /// A node that keeps its text.
    pub(super) fn opaque(&self, span: Span) -> Node {
        let text = self.text.get(span.start..span.end).unwrap_or_default();
        Node::new(Data::Opaque(text.trim_end().to_owned()), span)
    }

    /// The value of an expression.
    pub(super) fn value(&mut self, expression: &Expression) -> Node {
        self.spend(1);
        let span = self.span(expression.span());
        if self.is_spent() {
            return Node::new(Data::Opaque(String::new()), span);
        }
        let plain = |data| Some(Node::new(data, span));
        let known = match expression {
            Expression::Null(_) => plain(Data::Null),
            Expression::Bool(value) => plain(Data::Bool(*value.value())),
            Expression::Number(value) => number(value.value()).map(|number| Node::new(Data::Number(number), span)),
            Expression::String(text) => plain(Data::String(text.value().clone())),
            Expression::Array(array) => {
                let items = array.iter().map(|item| self.value(item)).collect();
                plain(Data::Array(items))
            }
            Expression::Object(object) => self.object(object, span),
            Expression::StringTemplate(template) => self.template(template.iter(), span),
            Expression::HeredocTemplate(heredoc) => self.heredoc(heredoc, span),
            Expression::Parenthesis(inner) => Some(Node { span, ..self.value(inner.inner()) }),
            Expression::Variable(name) => self.bound(name.value().as_str()).map(|value| placed(&value, span)),
            Expression::Conditional(conditional) => self.conditional(conditional, span),
            Expression::FuncCall(call) => {
                let arguments: Vec<Node> = call.args.iter().map(|argument| self.value(argument)).collect();
                let plain = !call.name.is_namespaced() && !call.args.expand_final();
                plain.then(|| functions::call(call.name.name.as_str(), &arguments, span)).flatten()
            }
            Expression::Traversal(traversal) => self.traversal(traversal, span),
            Expression::UnaryOp(operation) => {
                let value = self.value(&operation.expr);
                unary(*operation.operator.value(), &value).map(|data| Node::new(data, span))
            }
            Expression::BinaryOp(operation) => self.binary(operation).map(|data| Node::new(data, span)),
            Expression::ForExpr(each) => self.for_each(each, span),
        };
        let node = known.unwrap_or_else(|| self.unknown(expression, span));
        if node.is_opaque() && matches!(expression, Expression::Parenthesis(_)) { self.opaque(span) } else { node }
    }

    /// An expression that keeps its text; a local by itself has the text that it stands for.
    fn unknown(&self, expression: &Expression, span: Span) -> Node {
        let Expression::Traversal(traversal) = expression else { return self.opaque(span) };
        let (Expression::Variable(root), [name]) = (&traversal.expr, traversal.operators.as_slice()) else {
            return self.opaque(span);
        };
        match name.value() {
            TraversalOperator::GetAttr(name) if root.value().as_str() == "local" => {
                match self.scope.text_of(name.value()) {
                    Some(text) => Node::new(Data::Opaque(text.to_owned()), span),
                    None => self.opaque(span),
                }
            }
            _ => self.opaque(span),
        }
    }

    fn bound(&self, name: &str) -> Option<Node> {
        self.bound.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn object(&mut self, object: &Object, span: Span) -> Option<Node> {
        let mut members = Vec::with_capacity(object.len());
        for (key, value) in object {
            let (key_span, key) = match key {
                // The text knows what the key is called, even where it was mended to be parsed.
                ObjectKey::Ident(name) => {
                    let span = self.span(name.span());
                    (span, self.text.get(span.start..span.end).unwrap_or_default().trim_end().to_owned())
                }
                ObjectKey::Expression(Expression::String(name)) => {
                    let span = self.span(name.span());
                    let written = self.text.get(span.start..span.end).unwrap_or_default().trim().trim_matches('"');
                    let plain = !written.contains('\\');
                    (span, if plain { written.to_owned() } else { name.value().clone() })
                }
                ObjectKey::Expression(expression) => {
                    let key = self.value(expression);
                    (key.span, text_of(&key)?)
                }
            };
            members.push(Member { key, key_span, value: self.value(value.expr()) });
        }
        Some(Node::new(Data::Object(members), span))
    }

    fn conditional(&mut self, conditional: &Conditional, span: Span) -> Option<Node> {
        let (chosen, other) = match self.value(&conditional.cond_expr).as_bool() {
            Some(true) => (self.value(&conditional.true_expr), None),
            Some(false) => (self.value(&conditional.false_expr), None),
            None => (self.value(&conditional.true_expr), Some(self.value(&conditional.false_expr))),
        };
        match other {
            Some(other) if !(is_known(&chosen) && chosen.to_value() == other.to_value() && is_known(&other)) => None,
            _ => Some(Node { span, ..chosen }).filter(|node| !node.is_opaque()),
        }
    }

    fn traversal(&mut self, traversal: &Traversal, span: Span) -> Option<Node> {
        let Expression::Variable(root) = &traversal.expr else {
            let from = self.value(&traversal.expr);
            let found = self.follow(from, &traversal.operators)?;
            return Some(placed(&found, span));
        };
        let (start, rest) = match (self.bound(root.value().as_str()), traversal.operators.as_slice()) {
            (Some(bound), rest) => (bound, rest),
            (None, [first, rest @ ..]) => {
                let TraversalOperator::GetAttr(name) = first.value() else { return None };
                let root = match root.value().as_str() {
                    "var" => Root::Variable,
                    "local" => Root::Local,
                    _ => return None,
                };
                (self.scope.get(root, name.value().as_str())?.clone(), rest)
            }
            (None, []) => return None,
        };
        let found = self.follow(start, rest)?;
        self.spend(found.count());
        Some(placed(&found, span))
    }

    fn follow(&mut self, mut node: Node, operators: &[hcl_edit::Decorated<TraversalOperator>]) -> Option<Node> {
        for operator in operators {
            let next = match operator.value() {
                TraversalOperator::GetAttr(name) => node.get(name.value().as_str()).cloned(),
                TraversalOperator::LegacyIndex(index) => {
                    usize::try_from(*index.value()).ok().and_then(|index| node.items().get(index)).cloned()
                }
                TraversalOperator::Index(index) => functions::element(&node, &self.value(index)),
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => None,
            };
            node = next?;
        }
        (!node.is_opaque()).then_some(node)
    }

    fn binary(&mut self, operation: &BinaryOp) -> Option<Data> {
        let (left, right) = (self.value(&operation.lhs_expr), self.value(&operation.rhs_expr));
        let bools = (left.as_bool(), right.as_bool());
        match operation.operator.value() {
            BinaryOperator::And if bools.0 == Some(false) || bools.1 == Some(false) => return Some(Data::Bool(false)),
            BinaryOperator::Or if bools.0 == Some(true) || bools.1 == Some(true) => return Some(Data::Bool(true)),
            BinaryOperator::And | BinaryOperator::Or => return Some(Data::Bool(bools.0.zip(bools.1)?.1)),
            _ => {}
        }
        if !is_known(&left) || !is_known(&right) {
            return None;
        }
        match operation.operator.value() {
            BinaryOperator::Eq => Some(Data::Bool(left.to_value() == right.to_value())),
            BinaryOperator::NotEq => Some(Data::Bool(left.to_value() != right.to_value())),
            other => functions::arithmetic(*other, &left, &right),
        }
    }

    fn for_each(&mut self, each: &ForExpr, span: Span) -> Option<Node> {
        let source = self.value(&each.intro.collection_expr);
        let pairs = functions::pairs(&source)?;
        let (mut items, mut members) = (Vec::new(), Vec::new());
        for (key, value) in pairs {
            if self.is_spent() {
                return None;
            }
            self.spend(value.count());
            let made = self.with(each.intro.value_var.value().as_str(), value, |reader| match &each.intro.key_var {
                Some(name) => reader.with(name.value().as_str(), key, |reader| reader.one(each)),
                None => reader.one(each),
            })?;
            match made {
                One::Left => {}
                One::Item(value) => items.push(value),
                One::Member(key, value) => members.push(Member { key, key_span: span, value }),
            }
        }
        match each.key_expr {
            Some(_) if each.grouping => None,
            Some(_) => Some(Node::new(Data::Object(members), span)),
            None => Some(Node::new(Data::Array(items), span)),
        }
    }

    fn one(&mut self, each: &ForExpr) -> Option<One> {
        if let Some(condition) = &each.cond
            && !self.value(&condition.expr).as_bool()?
        {
            return Some(One::Left);
        }
        let value = self.value(&each.value_expr);
        let Some(key) = &each.key_expr else { return Some(One::Item(value)) };
        Some(One::Member(text_of(&self.value(key))?, value))
    }
}

/// What a `for` expression makes of one element.
enum One {
    Left,
    Item(Node),
    Member(String, Node),
}

/// A known scalar as Terraform writes it into a text.
pub(super) fn text_of(node: &Node) -> Option<String> {
    if node.is_opaque() { None } else { node.scalar_text() }
}

fn number(number: &hcl_edit::Number) -> Option<Number> {
    let whole = number.as_i64().map(Number::from).or_else(|| number.as_u64().map(Number::from));
    whole.or_else(|| number.as_f64().and_then(Number::from_f64))
}

fn unary(operator: UnaryOperator, value: &Node) -> Option<Data> {
    match (operator, &value.data) {
        (UnaryOperator::Not, Data::Bool(value)) => Some(Data::Bool(!value)),
        (UnaryOperator::Neg, Data::Number(number)) => match number.as_i64() {
            Some(whole) => whole.checked_neg().map(|whole| Data::Number(whole.into())),
            None => number.as_f64().and_then(|number| Number::from_f64(-number)).map(Data::Number),
        },
        _ => None,
    }
}
