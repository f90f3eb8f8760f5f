//! The facts themselves as one document, so that a rule can compare what the repository has with what a file says.
//!
//! A node's span is not an offset here: its start is the number of a place in [`FactsDocument::places`], so that a
//! match in the facts leads back to the file and line that the fact was read from.

use serde_json::{Value, json};

use crate::facts::known::{Facts, ManifestFact};
use crate::facts::model::Place;
use crate::facts::package::Package;
use crate::format::{Data, Member, Node};
use crate::text::Span;

/// The facts as a tree, with the places that they were read from.
#[derive(Debug)]
pub struct FactsDocument {
    /// The tree.
    pub root: Node,
    places: Vec<(Place, usize)>,
}

/// The member that carries a node's place while the tree is built.
const PLACE: &str = "\u{0}place";

impl FactsDocument {
    /// Builds the document: `{ manifests: […], lockfiles: […], components: […] }`.
    pub fn of(facts: &Facts) -> Self {
        let mut places = vec![(Place::file("."), 0)];
        let manifests: Vec<Value> = facts.manifests.iter().map(|fact| manifest(facts, fact, &mut places)).collect();
        let lockfiles: Vec<Value> = facts
            .lockfiles
            .iter()
            .map(|lock| {
                let place = number(&mut places, Place::file(lock.path.as_str()), facts.owner_of(&lock.path));
                json!({ PLACE: place, "path": lock.path, "ecosystem": lock.ecosystem, "tool": lock.tool,
                        "tracked": lock.tracked })
            })
            .collect();
        let components: Vec<Value> = facts
            .components
            .iter()
            .enumerate()
            .map(|(owner, component)| {
                let place = component.because.first().cloned().unwrap_or_else(|| Place::file(component.id.as_str()));
                let place = number(&mut places, place, owner);
                json!({ PLACE: place, "id": component.id, "kinds": component.kinds, "languages": component.languages })
            })
            .collect();
        let tree = json!({ "manifests": manifests, "lockfiles": lockfiles, "components": components });
        let root = node(tree, 0);
        Self { root, places }
    }

    /// The place of a node of this document, and the index of the component that the fact is about. The two may differ:
    /// the lockfile of a workspace lies at its head and is a fact about each member.
    pub fn place(&self, span: Span) -> Option<&(Place, usize)> {
        self.places.get(span.start)
    }
}

fn number(places: &mut Vec<(Place, usize)>, place: Place, owner: usize) -> usize {
    places.push((place, owner));
    places.len() - 1
}

fn manifest(facts: &Facts, fact: &ManifestFact, places: &mut Vec<(Place, usize)>) -> Value {
    let manifest = &fact.manifest;
    let owner = fact.component;
    let place = number(places, Place::file(manifest.path.as_str()), owner);
    let component = facts.components.get(fact.component);
    let packages: Vec<Value> = manifest.packages.iter().map(|entry| package(fact, entry, places)).collect();
    let lock = fact.lockfile.as_ref().map(|lock| {
        let at = number(places, lock.clone(), owner);
        json!({ PLACE: at, "path": lock.path })
    });
    let external = manifest.packages.iter().filter(|entry| entry.pin != crate::facts::package::Pin::Local).count();
    json!({
        PLACE: place,
        "path": manifest.path,
        "ecosystem": manifest.ecosystem,
        "name": manifest.name,
        "private": manifest.private,
        "role": fact.role,
        "component": component.map(|component| component.id.as_str()),
        "kinds": component.map(|component| component.kinds.clone()),
        "dependencies": external,
        "packages": packages,
        "workspace-root": manifest.workspace_root,
        "compiled": manifest.compiled,
        "tools": manifest.tools,
        "runtimes": manifest.runtimes,
        "entry-points": manifest.entry_points,
        "lockable": facts.ecosystems.iter().any(|known| known.ecosystem == manifest.ecosystem && !known.lockfiles.is_empty()),
        "library-locks": facts.ecosystems.iter().any(|known| known.ecosystem == manifest.ecosystem && known.library_locks),
        "lockfile": lock,
    })
}

fn package(fact: &ManifestFact, entry: &Package, places: &mut Vec<(Place, usize)>) -> Value {
    let place = number(places, Place::at(fact.manifest.path.as_str(), entry.span), fact.component);
    json!({ PLACE: place, "type": entry.kind, "name": entry.name, "scope": entry.scope,
            "requirement": entry.requirement, "pin": entry.pin })
}

/// The tree of `value`; each node carries the number of the nearest place above it.
fn node(value: Value, outer: usize) -> Node {
    let own = value.get(PLACE).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
    let place = own.unwrap_or(outer);
    let member = |(key, value)| Member { key, key_span: Span::at(place), value: node(value, place) };
    let data = match value {
        Value::Null => Data::Null,
        Value::Bool(value) => Data::Bool(value),
        Value::Number(value) => Data::Number(value),
        Value::String(text) => Data::String(text),
        Value::Array(items) => Data::Array(items.into_iter().map(|item| node(item, place)).collect()),
        Value::Object(map) => {
            let told = map.into_iter().filter(|(key, value)| key != PLACE && !value.is_null());
            Data::Object(told.map(member).collect())
        }
    };
    Node::new(data, Span::at(place))
}
