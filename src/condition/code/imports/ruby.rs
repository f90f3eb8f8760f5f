//! Ruby: `require` and its kin load files and bind no name, so these are imports for their effect.

use super::{Collector, Node, Reader, unquoted};

pub(super) const READER: Reader = Reader { kinds: &["call"], read };

fn read(node: &Node<'_>, out: &mut Collector) -> bool {
    let is_require = node.field("receiver").is_none()
        && node
            .field("method")
            .is_some_and(|method| matches!(method.text().as_ref(), "require" | "require_relative" | "load"));
    let arguments = node.field("arguments").filter(|_| is_require);
    let first = arguments.as_ref().and_then(|arguments| arguments.named_children().next());
    if let Some(module) = first.and_then(|first| unquoted(&first)) {
        out.push(&module, None, "", node);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::tests::bound;
    use crate::condition::code::Dialect;

    #[test]
    fn requires_are_listed() {
        let text = "require 'a/b'\nrequire_relative(\"c\") if x\n# require 'd'\nfoo.require 'e'\nrequire \"f#{g}\"";
        assert_eq!(bound(Dialect::Ruby, text), ["a/b|-|", "c|-|"]);
    }
}
