//! What the `related` condition holds: each relation, its three values, and that ten thousand rows are no burden.

use serde_json::json;

use super::*;
use crate::condition::schema::sample::node;

/// The truth of each subject, in order, over documents `(file, folder, value)` of one kind.
fn truths(spec: &Value, documents: &[(u32, usize, Value)]) -> Vec<Truth> {
    joined(spec, documents).into_iter().map(|joined| joined.truth).collect()
}

fn joined(spec: &Value, documents: &[(u32, usize, Value)]) -> Vec<Joined> {
    let condition = RelatedCondition::new(serde_json::from_value(spec.clone()).unwrap()).unwrap();
    condition.validate().unwrap();
    let (mut rows, mut unread) = (Vec::new(), Vec::new());
    for (number, (file, _, value)) in documents.iter().enumerate() {
        let document = Asked::new(node(value));
        for side in 0..condition.sides().count() {
            let (found, hidden) = condition.rows(side, (number, &document), None).unwrap();
            rows.extend(found.into_iter().map(|row| (*file, row)));
            unread.extend((!hidden.is_empty()).then_some(Unread { file: *file, side }));
        }
    }
    let folder = |file: u32| documents.iter().find(|(number, ..)| *number == file).map(|(_, folder, _)| *folder);
    join(&condition, &rows, &unread, &|file, within| {
        if *within == Within::Repository { 0 } else { folder(file).unwrap() }
    })
}

fn workload(name: &str, labels: &Value) -> Value {
    json!({"kind": "Deployment", "metadata": {"name": name}, "spec": {"template": {"metadata": {"labels": labels}}}})
}

fn budget(selector: &Value) -> Value {
    json!({"kind": "PodDisruptionBudget", "metadata": {}, "spec": {"selector": selector}})
}

fn selected() -> Value {
    json!({
        "of": {"in": "kubernetes", "at": "$", "if": {"properties": {"kind": {"const": "Deployment"}}}},
        "to": {"in": "kubernetes", "at": "$", "if": {"properties": {"kind": {"const": "PodDisruptionBudget"}}}},
        "by": [{"own": "/spec/template/metadata/labels", "other": "/spec/selector", "how": "selected"}],
        "same": ["/metadata/namespace"],
        "hit-when": "none"
    })
}

#[test]
fn a_label_selector_joins_across_files() {
    use Truth::{False, True, Unknown};
    let labels = json!({"app": "web", "tier": "front"});
    let table = [
        (json!({"matchLabels": {"app": "web"}}), False),
        (json!({"matchLabels": {"app": "web", "tier": "back"}}), True),
        (json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]}), False),
        (json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}), True),
        (json!({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "x", "operator": "Exists"}]}), True),
        (json!({"matchLabels": {"app": "web", "tier": "opaque:{{ .r }}"}}), Unknown),
        (json!({"matchLabels": {"app": "web", "rel": "opaque:{{ .r }}"}}), True),
        (json!("opaque:{{ include }}"), Unknown),
        (json!({"matchLabels": {}}), False),
    ];
    for (selector, expected) in table {
        let documents = [(0, 0, workload("w", &labels)), (1, 1, budget(&selector))];
        assert_eq!(truths(&selected(), &documents), [expected], "{selector}");
    }
    let mut apart = budget(&json!({"matchLabels": {"app": "web"}}));
    apart["metadata"] = json!({"namespace": "b"});
    let mut own = workload("w", &labels);
    own["metadata"]["namespace"] = json!("a");
    assert_eq!(truths(&selected(), &[(0, 0, own), (1, 0, apart)]), [True]);
}

#[test]
fn what_templates_say_alike_in_one_chart_is_the_same() {
    use Truth::{False, True, Unknown};
    let labels = json!({"app": "opaque:{{ include \"x.name\" . }}", "tier": "front", "{{- include \"x.more\" . | nindent 8 }}": "opaque:{{- include \"x.more\" . | nindent 8 }}"});
    let table = [
        (json!({"app": "opaque:{{ include \"x.name\" . | quote }}"}), False, Unknown),
        (json!({"app": "opaque:{{ include \"x.name\" . }}", "tier": "back"}), True, True),
        (json!({"tier": "front", "{{ include \"x.more\" . }}": "opaque:{{ include \"x.more\" . }}"}), False, Unknown),
        (json!({"{{ include \"y.other\" . }}": "opaque:{{ include \"y.other\" . }}"}), Unknown, Unknown),
        (json!({"app": "opaque:{{ .Values.name }}"}), Unknown, Unknown),
        (json!({"role": "x", "tier": "front"}), Unknown, Unknown),
    ];
    for (selector, near, far) in table {
        let documents = [(0, 0, workload("w", &labels)), (1, 0, budget(&json!({"matchLabels": selector})))];
        let mut spec = selected();
        assert_eq!(truths(&spec, &documents), [far], "{selector}");
        spec["within"] = json!("directory");
        assert_eq!(truths(&spec, &documents), [near], "{selector}");
    }
}

#[test]
fn subjects_that_lack_what_they_must_have_are_not_asked() {
    let mut spec = selected();
    spec["among"] = json!({
        "to": {"in": "kubernetes", "at": "$", "if": {"properties": {"kind": {"const": "Service"}}, "required": ["kind"]}},
        "by": [{"own": "/spec/template/metadata/labels", "other": "/spec/selector", "how": "selected"}]
    });
    let service = |selector: Value| json!({"kind": "Service", "metadata": {}, "spec": {"selector": selector}});
    let web = || (0, 0, workload("w", &json!({"app": "web"})));
    let asked = |selector: Value| truths(&spec, &[web(), (1, 0, service(selector))]).len();
    assert_eq!(asked(json!({"app": "web"})), 1);
    assert_eq!(asked(json!({"app": "api"})), 0);
    assert_eq!(asked(json!({"app": "opaque:{{ .name }}"})), 1);
    assert_eq!(asked(json!({})), 0);
    assert_eq!(truths(&spec, &[web()]), []);
}

fn resources(list: &Value) -> Value {
    json!({"resource": list})
}

fn bucket_spec() -> Value {
    json!({
        "of": {"in": "terraform", "at": "$.resource[?@.type == 'bucket']"},
        "to": {"in": "terraform", "at": "$.resource[?@.type == 'versions']"},
        "by": [
            {"own": "/address", "other": "/values/bucket", "how": "referred"},
            {"own": "/values/bucket", "other": "/values/bucket"}
        ],
        "within": "directory",
        "doubt": "/conditional",
        "perhaps": [{"to": {"in": "terraform", "at": "$.module[*]"}, "by": [{"own": "/address", "other": "/values", "how": "referred"}]}],
        "hit-when": "none"
    })
}

#[test]
fn references_and_equal_texts_join_within_a_folder() {
    use Truth::{False, True, Unknown};
    let bucket = json!({"type": "bucket", "address": "bucket.a", "values": {"bucket": "name-a"}});
    let versions = |of: &str| json!({"type": "versions", "values": {"bucket": of}});
    let table = [
        (resources(&json!([versions("opaque:bucket.a.id")])), 0, False),
        (resources(&json!([versions("name-a")])), 0, False),
        (resources(&json!([versions("opaque:bucket.b.id")])), 0, True),
        (resources(&json!([versions("opaque:var.bucket")])), 0, Unknown),
        (resources(&json!([versions("opaque:bucket.a.id")])), 1, True),
        (resources(&json!([{"type": "versions", "conditional": "var.x", "values": {"bucket": "name-a"}}])), 0, Unknown),
        (json!({"module": [{"values": {"buckets": ["opaque:bucket.a.id"]}}]}), 0, Unknown),
        (json!({"module": [{"values": {"buckets": ["opaque:bucket.z.id"]}}]}), 0, True),
        (json!({"resource": "opaque:x"}), 0, Unknown),
    ];
    for (other, folder, expected) in table {
        let documents = [(0, 0, resources(&json!([bucket.clone()]))), (1, folder, other.clone())];
        assert_eq!(truths(&bucket_spec(), &documents), [expected], "{other}");
    }
}

#[test]
fn counts_order_and_repetition() {
    use Truth::{False, True};
    let ports = |spec: Value| {
        let document =
            json!({"services": [{"name": "a", "port": 80}, {"name": "b", "port": 80}, {"name": "c", "port": 81}]});
        truths(&spec, &[(0, 0, document)])
    };
    let side = json!({"in": "compose", "at": "$.services[*]"});
    let by = json!([{"own": "/port", "other": "/port"}]);
    assert_eq!(ports(json!({"of": side, "by": by, "hit-when": "repeated"})), [False, True, False]);
    let joined = |rest: Value| {
        let mut spec = json!({"of": side, "to": side, "by": by, "within": "document"});
        spec.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        ports(spec)
    };
    assert_eq!(joined(json!({"hit-when": {"at-least": 2}})), [True, True, False]);
    assert_eq!(joined(json!({"hit-when": {"at-most": 1}})), [False, False, True]);
    assert_eq!(joined(json!({"hit-when": "exists", "order": "before"})), [False, True, False]);
    assert_eq!(joined(json!({"hit-when": "exists", "order": "after"})), [True, False, False]);
}

#[test]
fn a_subject_may_be_in_order_by_itself() {
    use Truth::{False, True, Unknown};
    let mut spec = bucket_spec();
    spec["cleared-by"] =
        json!({"properties": {"values": {"required": ["own"], "properties": {"own": {"const": true}}}}});
    let bucket = |own: Value| json!({"type": "bucket", "address": "bucket.a", "values": {"own": own}});
    for (own, expected) in [(json!(true), False), (json!(false), True), (json!("opaque:var.x"), Unknown)] {
        assert_eq!(truths(&spec, &[(0, 0, resources(&json!([bucket(own)])))]), [expected]);
    }
}

#[test]
fn iterators_name_nothing() {
    let bucket = json!({"type": "bucket", "address": "bucket.a", "values": {}});
    let versions = json!({"type": "versions", "values": {"bucket": "opaque:each.value"}});
    assert_eq!(truths(&bucket_spec(), &[(0, 0, resources(&json!([bucket, versions])))]), [Truth::Unknown]);
}

#[test]
fn the_counterpart_is_named() {
    let documents = [
        (0, 0, resources(&json!([{"type": "bucket", "address": "bucket.a", "values": {}}]))),
        (
            1,
            0,
            resources(
                &json!([{"type": "versions", "address": "versions.a", "values": {"bucket": "opaque:bucket.a.id"}}]),
            ),
        ),
    ];
    let joined = joined(&bucket_spec(), &documents);
    let counterpart = joined[0].counterpart.as_ref().unwrap();
    assert_eq!((counterpart.0, counterpart.1.text.as_str()), (1, "versions.a"));
}

#[test]
fn ten_thousand_rows_of_each_side_are_joined_once() {
    let of = |kind: &str, number: usize| json!({"type": kind, "address": format!("bucket.b{number}"), "values": {"bucket": format!("opaque:bucket.b{number}.id")}});
    let all: Vec<Value> = (0..10_000).flat_map(|number| [of("bucket", number), of("versions", number)]).collect();
    let truths = truths(&bucket_spec(), &[(0, 0, resources(&Value::Array(all)))]);
    assert_eq!((truths.len(), truths.iter().filter(|truth| truth.is_false()).count()), (10_000, 10_000));
}

#[test]
fn ten_thousand_templates_of_labels_and_selectors_are_no_burden() {
    let pair = |number: usize| {
        let labels = json!({"app": format!("a{number}"), "{{ include \"x\" . }}": "opaque:{{ include \"x\" . }}"});
        [(0, 0, workload("w", &labels)), (0, 0, budget(&json!({"matchLabels": {"tier": format!("t{number}")}})))]
    };
    let documents: Vec<_> = (0..10_000).flat_map(pair).collect();
    assert!(truths(&selected(), &documents).iter().all(|truth| *truth == Truth::Unknown));
}

#[test]
fn mistakes_are_named() {
    let fault = |change: Value| {
        let mut spec = selected();
        spec.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        RelatedCondition::new(serde_json::from_value(spec).unwrap()).unwrap_err()
    };
    assert_eq!(fault(json!({"by": []})), "`related.by` is empty");
    assert_eq!(fault(json!({"order": "before"})), "`related.order` needs `within: document`");
    assert!(fault(json!({"hit-when": "repeated"})).contains("without it"));
}
