//! What the reader of HCL holds: its shape, what it works out, what it leaves unknown, and that no text breaks it.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::json;

use super::super::members::check;
use super::*;
use crate::format::{Data, Node};

fn read(text: &str) -> Document {
    parse(text, &Limits::default()).unwrap()
}

fn source(text: &str) -> Source {
    Source::native(text, &Limits::default()).unwrap()
}

/// The values of the first resource of `text`.
fn values(text: &str) -> serde_json::Value {
    read(text).root.pointer("/resource/0/values").unwrap().to_value()
}

#[test]
fn blocks_have_type_name_address_and_values() {
    let text = "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n  }\n}\nprovider \"aws\" { region = \"eu-west-1\" }\n\
                resource \"aws_db_instance\" \"main\" {\n  multi_az = true\n  size = 20\n  timeouts { create = \"1h\" }\n}\n\
                data \"aws_vpc\" \"v\" {}\nmodule \"db\" {\n  source = \"../db\"\n}\n";
    let document = read(text);
    assert_eq!(
        document.root.to_value(),
        json!({
            "terraform": [{"values": {"backend": [{"label": "s3", "bucket": "b"}]}}],
            "provider": [{"name": "aws", "address": "provider.aws", "values": {"region": "eu-west-1"}}],
            "resource": [{"type": "aws_db_instance", "name": "main", "address": "aws_db_instance.main",
                          "values": {"multi_az": true, "size": 20, "timeouts": [{"create": "1h"}]}}],
            "data": [{"type": "aws_vpc", "name": "v", "address": "data.aws_vpc.v", "values": {}}],
            "module": [{"name": "db", "address": "module.db", "values": {"source": "../db"}}],
        })
    );
    let at = |pointer: &str| check::at(text, document.root.pointer(pointer).unwrap().span);
    assert_eq!(at("/resource/0"), "resource \"aws_db_instance\" \"main\"");
    assert_eq!(at("/resource/0/values/multi_az"), "true");
    assert_eq!(at("/resource/0/values/timeouts/0"), "timeouts");
    assert_eq!(at("/terraform/0/values/backend/0"), "backend \"s3\"");
}

#[test]
fn expressions_are_worked_out_or_keep_their_text() {
    let text = "locals {\n  days = 7\n  tags = { a = \"x\", b = [1, 2] }\n  twice = local.days * 2\n}\n\
        resource \"t\" \"n\" {\n  a = local.days\n  b = local.tags.b[1]\n  c = local.twice\n  d = \"v-${local.days}\"\n  \
        e = var.x\n  f = \"p-${var.x}\"\n  g = null\n  h = local.days > 5 ? \"long\" : \"short\"\n  i = !true\n  j = -3\n  \
        k = var.x ? 1 : 1\n  l = [for s in [\"a\", \"b\"] : upper(s)]\n  m = { for k, v in local.tags : k => true }\n  \
        o = aws_kms_key.k.arn\n  p = (1 + 2)\n  q = [var.x, 1]\n  r = file(\"x\")\n  s = true || var.x\n}\n";
    let made = values(text);
    let expected = json!({
        "a": 7, "b": 2, "c": 14, "d": "v-7", "e": "var.x", "f": "\"p-${var.x}\"", "h": "long", "i": false, "j": -3,
        "k": 1, "l": ["A", "B"], "m": {"a": true, "b": true}, "o": "aws_kms_key.k.arn", "p": 3, "q": ["var.x", 1],
        "r": "file(\"x\")", "s": true
    });
    assert_eq!(made, expected);
    let root = read(text).root;
    let opaque = |name: &str| root.pointer(&format!("/resource/0/values/{name}")).unwrap().is_opaque();
    for (name, unknown) in [("e", true), ("f", true), ("o", true), ("r", true), ("d", false), ("q", false)] {
        assert_eq!(opaque(name), unknown, "{name}");
    }
    assert!(root.pointer("/resource/0/values/q/0").unwrap().is_opaque());
}

#[test]
fn instances_are_counted_as_far_as_they_are_known() {
    assert!(read("resource \"t\" \"n\" {\n  count = 0\n}\n").root.get("resource").is_none());
    assert!(
        read("locals {\n  all = []\n}\nresource \"t\" \"n\" {\n  for_each = toset(local.all)\n}\n")
            .root
            .get("resource")
            .is_none()
    );
    assert_eq!(values("resource \"t\" \"n\" {\n  count = 1\n  a = count.index\n}\n"), json!({"count": 1, "a": 0}));
    let each = "resource \"t\" \"n\" {\n  for_each = { a = { x = 1, y = 2 }, b = { x = 1, y = 3 } }\n  x = each.value.x\n  \
                y = each.value.y\n}\n";
    let document = read(each);
    assert_eq!(document.root.pointer("/resource/0/values/x").unwrap().data, Data::Number(1.into()));
    assert!(document.root.pointer("/resource/0/values/y").unwrap().is_opaque());
    let conditional = read("resource \"t\" \"n\" {\n  count = var.on ? 1 : 0\n}\n");
    assert_eq!(conditional.root.pointer("/resource/0/conditional").unwrap().as_str(), Some("var.on ? 1 : 0"));
}

#[test]
fn dynamic_blocks_are_expanded_where_their_list_is_known() {
    let block = |each: &str| {
        format!(
            "resource \"t\" \"n\" {{\n  rule {{\n    port = 1\n  }}\n  dynamic \"rule\" {{\n    for_each = {each}\n    \
             content {{\n      port = rule.value\n    }}\n  }}\n}}\n"
        )
    };
    assert_eq!(values(&block("[22, 80]")), json!({"rule": [{"port": 1}, {"port": 22}, {"port": 80}]}));
    assert_eq!(values(&block("[]")), json!({"rule": [{"port": 1}]}));
    let unknown = read(&block("var.ports"));
    let items = unknown.root.pointer("/resource/0/values/rule").unwrap().items().to_vec();
    assert_eq!((items.len(), items[1].is_opaque()), (2, true));
    let before = read(
        "resource \"t\" \"n\" {\n  dynamic \"rule\" {\n    for_each = var.ports\n    content {\n      port = rule.value\n    }\n  \
         }\n  rule {\n    port = 1\n  }\n  rule {\n    port = 2\n  }\n}\n",
    );
    let items = before.root.pointer("/resource/0/values/rule").unwrap().items().to_vec();
    assert_eq!((items.len(), items[0].is_opaque(), items[1].is_opaque()), (3, true, false));
    let named = "resource \"t\" \"n\" {\n  dynamic \"a\" {\n    for_each = { k = 1 }\n    iterator = it\n    content {\n      \
                 v = \"${it.key}${it.value}\"\n    }\n  }\n}\n";
    assert_eq!(values(named), json!({"a": [{"v": "k1"}]}));
}

#[test]
fn json_in_text_is_the_value_that_it_encodes() {
    let text = "resource \"t\" \"n\" {\n  policy = jsonencode({ Action = \"*\", Resource = [var.arn] })\n  other = <<-EOF\n    \
                { \"Action\": [\"s3:*\"], \"Resource\": \"${aws_s3_bucket.b.arn}/*\" }\n  EOF\n  plain = <<EOF\nhello\nEOF\n}\n";
    let document = read(text);
    let at = |pointer: &str| document.root.pointer(&format!("/resource/0/values/{pointer}")).unwrap().clone();
    assert_eq!(at("policy/Action").as_str(), Some("*"));
    assert_eq!(check::at(text, at("policy/Action").span), "\"*\"");
    assert!(at("policy/Resource/0").is_opaque());
    assert_eq!(at("other/Action/0").as_str(), Some("s3:*"));
    assert_eq!(mentions(&at("other")), ["aws_s3_bucket.b"]);
    assert_eq!(at("plain").as_str(), Some("hello\n"));
}

#[test]
fn the_json_spelling_has_the_same_shape() {
    let text = r#"{"resource": {"aws_s3_bucket": {"b": {"bucket": "x", "acl": "${var.acl}", "n": null}}},
        "module": {"m": [{"source": "./m"}]}, "terraform": {"backend": {"s3": {}}}, "locals": {"a": 1}}"#;
    let document = parse_json(text, &Limits::default()).unwrap();
    assert_eq!(
        document.root.to_value(),
        json!({
            "resource": [{"type": "aws_s3_bucket", "name": "b", "address": "aws_s3_bucket.b",
                          "values": {"bucket": "x", "acl": "var.acl"}}],
            "module": [{"name": "m", "address": "module.m", "values": {"source": "./m"}}],
            "terraform": [{"values": {"backend": {"s3": {}}}}], "locals": [{"values": {"a": 1}}]
        })
    );
    assert!(document.root.pointer("/resource/0/values/acl").unwrap().is_opaque());
}

#[test]
fn a_root_knows_its_variables_and_a_library_does_not() {
    let root = source(
        "provider \"aws\" { region = \"x\" }\nvariable \"days\" { default = 3 }\nvariable \"env\" { default = \"a\" }\n",
    );
    let main = source("resource \"t\" \"n\" {\n  days = var.days\n  env = var.env\n  free = var.free\n}\n");
    let loaded = source("days = 9\nfree = true\n");
    let parts = [(Part::Declares, &root), (Part::Declares, &main), (Part::Assigns, &loaded)];
    let module = Module::of(parts.into_iter());
    assert!(module.is_root());
    let values = |scope: &Scope| main.document(scope).unwrap().root.pointer("/resource/0/values").unwrap().to_value();
    assert_eq!(values(&module.root_scope(&HashSet::new())), json!({"days": 9, "env": "a", "free": true}));
    let elsewhere = HashSet::from(["env".to_owned()]);
    assert_eq!(values(&module.root_scope(&elsewhere)), json!({"days": 9, "env": "var.env", "free": true}));
    let library =
        source("terraform {\n  required_providers {\n    aws = {}\n  }\n}\nprovider \"aws\" {\n  alias = \"b\"\n}\n");
    assert!(!Module::of([(Part::Declares, &library), (Part::Declares, &main)].into_iter()).is_root());
    assert_eq!(Module::assigned(&loaded), ["days", "free"]);
}

#[test]
fn callers_decide_when_they_agree() {
    let child = source(
        "variable \"a\" { default = 1 }\nvariable \"b\" { default = 2 }\nresource \"t\" \"n\" {\n  a = var.a\n  b = var.b\n  c = var.c\n}\n",
    );
    let caller = source(
        "module \"x\" {\n  source = \"./child\"\n  a = 5\n  c = var.q\n}\nmodule \"y\" {\n  source = \"./child\"\n  a = 5\n  b = 7\n  c = 1\n}\n",
    );
    let module = Module::of([(Part::Declares, &caller)].into_iter());
    let calls: Vec<Node> = module.calls(&Scope::default()).into_iter().map(|(_, values)| values).collect();
    assert_eq!(calls.len(), 2);
    let scope = Module::of([(Part::Declares, &child)].into_iter()).called_scope(&calls);
    let values = child.document(&scope).unwrap().root.pointer("/resource/0/values").unwrap().to_value();
    assert_eq!(values, json!({"a": 5, "b": "var.b", "c": "var.c"}));
}

#[test]
fn references_are_the_names_in_an_expression() {
    let table: &[(&str, &[&str])] = &[
        ("aws_s3_bucket.logs.id", &["aws_s3_bucket.logs"]),
        ("aws_s3_bucket.logs[0].arn", &["aws_s3_bucket.logs"]),
        ("[for k in module.db : k.id]", &["module.db", "k.id"]),
        ("\"${data.aws_vpc.main.id}/${var.x}\"", &["data.aws_vpc.main", "var.x"]),
        ("\"plain.text\"", &[]),
        ("format(\"%s-a.b\", local.x)", &["local.x"]),
        ("<<EOF\nsee a.b ${c.d}\nEOF", &["c.d"]),
        ("\"${jsonencode({ a = b.c })} d.e\"", &["b.c"]),
        ("1.5 + é.ü", &[]),
    ];
    for (text, expected) in table {
        assert_eq!(references(text), *expected, "{text}");
    }
}

#[test]
fn bad_input_is_read_or_refused_with_a_place() {
    let error = parse("a = 1\na = 2\n", &Limits::default()).unwrap_err();
    assert!(error.message.contains("redefined"), "{error}");
    assert_eq!(error.offset, Some(6));
    let text = "\u{feff}resource \"t\" \"n\" {\r\n\ta = \"é\"\r\n}\r\n";
    let document = read(text);
    assert_eq!(check::at(text, document.root.pointer("/resource/0/values/a").unwrap().span), "\"é\"");
    assert!(parse("resource \"{{ name }}\" {{ x }}\n", &Limits::default()).is_err());
    assert_eq!(read("").root.data, Data::Object(Vec::new()));
    for open in ["[", "{a=", "(", "\"${", "!", "a ? ", "-", "x {\n", "f(", "<<E\n", "%{if a}", "a.*", "[for a in "] {
        let deep = format!("a = {}", open.repeat(50_000));
        assert!(parse(&deep, &Limits::default()).is_err(), "{open}");
        let _ = parse(&open.repeat(50_000), &Limits::default());
    }
    let wide =
        format!("a = {{\n{}}}\n", (0..40_000).fold(String::new(), |all, number| all + &format!("k{number} = 1\n")));
    assert!(parse(&wide, &Limits::default()).unwrap_err().message.contains("entries"));
    assert!(parse("a = [1, 2, 3]\n", &Limits { nodes: 3, ..Limits::default() }).is_err());
}

#[test]
fn of_keys_that_stand_twice_the_last_counts() {
    let text = "locals {\n  tags = {\n    Team = \"a\"\n    \"Team\" = \"b\"\n    Team = \"c\"\n  }\n}\nresource \"t\" \"n\" {\n  \
                team = local.tags.Team\n}\n";
    let document = read(text);
    assert_eq!(document.root.pointer("/resource/0/values/team").unwrap().as_str(), Some("c"));
    let twice: Vec<_> = document.faults.iter().map(|fault| fault.message.as_str()).collect();
    assert!(twice.iter().all(|message| *message == "key 'Team' stands twice") && !twice.is_empty(), "{twice:?}");
}

#[test]
fn values_that_grow_by_copying_stay_bounded() {
    let mut text = String::from("locals {\n  a0 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n");
    for level in 1..12 {
        let copies = vec![format!("local.a{}", level - 1); 10].join(", ");
        writeln!(text, "  a{level} = [{copies}]").unwrap();
    }
    text.push_str("}\n");
    let _ = parse(&text, &Limits::default());
    let nested = "resource \"t\" \"n\" {\n  a = [for x in range : [for y in range : y]]\n}\n";
    assert!(read(nested).root.pointer("/resource/0/values/a").unwrap().is_opaque());
    let scope = Module::of([].into_iter()).scope(&BTreeMap::new());
    assert!(source("a = 1\n").document(&scope).is_ok());
}

#[test]
fn ten_thousand_resources_are_read() {
    let text = (0..10_000).fold(String::new(), |all, number| {
        all + &format!("resource \"aws_s3_bucket\" \"b{number}\" {{\n  bucket = \"b{number}\"\n}}\n")
    });
    assert_eq!(read(&text).root.get("resource").unwrap().items().len(), 10_000);
}

proptest! {
    #[test]
    fn never_panics_and_spans_stay_inside(
        text in prop_oneof![
            ".{0,80}",
            "[a-c\"${}=\\[\\]().,:?!%<>\\\\é1\\-*#/ \n\r\t\u{feff}]{0,80}",
            "((locals|resource \"t\" \"n\"|dynamic \"a\") \\{\n|\\}\n|(a|b|count|for_each) = (local.a|\"\\$\\{local.b\\}\"|\\[1, local.a\\]|\\{ a = each.value \\}|<<-E\n  é\\$\\{var.x\\}\n  E|jsonencode\\(local.b\\)|[for k, v in local.a : k]|null)\n){0,10}"
        ]
    ) {
        for document in [parse(&text, &Limits::default()), parse_json(&text, &Limits::default())].into_iter().flatten() {
            check::spans(&text, &document);
            let _ = mentions(&document.root);
        }
        let _ = references(&text);
    }
}
