//! Dockerfiles as a tree: the instructions as they stand, and the stages as a build sees them.
//!
//! Read tolerantly: an unknown instruction is kept and reported as a fault, templates are opaque, and only a text
//! without any `FROM` is an error. Nothing is executed and no image is looked up; what a build or a base image alone
//! knows is opaque or null.
//!
//! Root: `directives` (`syntax`, `escape`, `check`), `instructions[*]`, `stages[*]`, and `final`, a copy of the last stage.

mod expand;
pub mod image;
mod instruction;
mod lines;
mod stage;
mod state;
mod words;

use self::instruction::Instruction;
use self::lines::Lines;
use self::stage::Stages;
use self::state::Budget;
use super::members::member;
use super::{Data, Document, Fault, FormatError, Limits, Member, Node};
use crate::text::Span;

/// Reads a Dockerfile.
pub fn parse(text: &str, limits: &Limits) -> Result<Document, FormatError> {
    FormatError::check_size(text, limits)?;
    let lines = lines::read(text);
    let mut budget = Budget::new(limits);
    let mut stages = Stages::default();
    let (mut instructions, mut faults) = (Vec::with_capacity(lines.logical.len()), Vec::new());
    for (index, logical) in lines.logical.iter().enumerate() {
        let instruction = Instruction::read(logical, text, lines.escape);
        let node = instruction.node(&|name| stages.look(&instruction.name, name));
        budget.pay(&node)?;
        instructions.push(node);
        stages.take(index, &instruction, &mut budget)?;
        faults.extend(faults_of(&instruction));
    }
    let stages = stages.into_nodes(&mut budget)?;
    let Some(last) = stages.last().cloned() else {
        return Err(FormatError::whole("no FROM instruction"));
    };
    budget.pay(&last)?;
    let whole = Span::new(0, text.len());
    let root = Data::Object(vec![
        member("directives", directives(&lines, whole)),
        member("instructions", Node::new(Data::Array(instructions), whole)),
        member("stages", Node::new(Data::Array(stages), whole)),
        member("final", last),
    ]);
    Ok(Document { root: Node::new(root, whole), comments: lines.comments, faults })
}

fn directives(lines: &Lines, whole: Span) -> Node {
    let members = lines.directives.iter().map(|(name, value, span)| Member {
        key: name.clone(),
        key_span: *span,
        value: Node::string(value, *span),
    });
    Node::new(Data::Object(members.collect()), whole)
}

fn faults_of(instruction: &Instruction<'_>) -> Option<Fault> {
    let message = if !instruction.is_known() {
        "unknown instruction"
    } else if instruction.name == "FROM" && instruction.arguments.is_empty() {
        "FROM without an image"
    } else if instruction.logical.heredocs.iter().any(|body| !body.closed) {
        "here-document without an end"
    } else {
        return None;
    };
    Some(Fault { span: instruction.logical.span, message: message.to_owned() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(text: &str) -> Document {
        parse(text, &Limits::default()).unwrap()
    }

    /// The plain values at `pointers`.
    fn values<const N: usize>(text: &str, pointers: [&str; N]) -> [Value; N] {
        let root = read(text).root;
        pointers.map(|pointer| root.pointer(pointer).map_or(json!("(absent)"), Node::to_value))
    }

    /// The text that the node at `pointer` stands for.
    fn placed<'a>(text: &'a str, pointer: &str) -> &'a str {
        let span = read(text).root.pointer(pointer).unwrap().span;
        &text[span.start..span.end]
    }

    fn is_opaque(text: &str, pointer: &str) -> bool {
        read(text).root.pointer(pointer).unwrap().is_opaque()
    }

    const BUILD: &str = "\u{feff}# syntax=docker/dockerfile:1\r\n\
        ARG VERSION=20\r\n\
        FROM --platform=$BUILDPLATFORM node:${VERSION}-alpine AS Build\r\n\
        ENV HOME=/srv NODE_ENV=production\r\n\
        EXPOSE 8080/tcp $PORT\r\n\
        user app:app\r\n\
        HEALTHCHECK --interval=5s CMD curl -f http://localhost\r\n\
        FROM build AS test\r\n\
        RUN npm test\r\n\
        FROM gcr.io/distroless/nodejs@sha256:ab\r\n\
        COPY --from=build --chown=1 \\\r\n  # the app\r\n  /a \\\r\n  /b\r\n\
        WORKDIR /app\r\n\
        WORKDIR sub\r\n\
        CMD [\"node\", \"x.js\"]\r\n";

    #[test]
    fn stages_resolve_inherit_and_know_their_places() {
        let found = values(
            BUILD,
            [
                "/stages/0/name",
                "/stages/0/from/image",
                "/stages/0/from/tag",
                "/stages/0/external",
                "/stages/1/external",
                "/stages/1/parent_stage",
                "/stages/1/user",
                "/stages/1/healthcheck",
                "/stages/1/env/NODE_ENV",
                "/stages/0/exposes",
            ],
        );
        let expected = json!([
            "Build",
            "node:20-alpine",
            "20-alpine",
            true,
            false,
            0,
            "app:app",
            "cmd",
            "production",
            ["8080/tcp", "$PORT"]
        ]);
        assert_eq!(Value::from(found.to_vec()), expected);
        assert_eq!(placed(BUILD, "/stages/0/from"), "node:${VERSION}-alpine");
        assert_eq!(placed(BUILD, "/stages/1/user"), "app:app");
        assert_eq!(placed(BUILD, "/stages/0/name"), "Build");
        assert_eq!(placed(BUILD, "/stages/0/env/HOME"), "/srv");
        assert_eq!(placed(BUILD, "/stages/1/healthcheck"), "HEALTHCHECK --interval=5s CMD curl -f http://localhost");
        assert!(is_opaque(BUILD, "/stages/0/from/platform") && is_opaque(BUILD, "/stages/0/exposes/1"));
        assert!(!is_opaque(BUILD, "/stages/0/from/image"));
        assert_eq!(placed(BUILD, "/directives/syntax"), "# syntax=docker/dockerfile:1");
    }

    #[test]
    fn the_final_stage_and_what_it_needs_are_told() {
        let needed = values(
            BUILD,
            ["/stages/0/needed", "/stages/1/needed", "/stages/2/needed", "/stages/2/final", "/stages/0/final"],
        );
        assert_eq!(Value::from(needed.to_vec()), json!([true, false, true, true, false]));
        let found = values(
            BUILD,
            ["/final/user", "/final/healthcheck", "/final/workdir", "/final/copies_from", "/final/instructions"],
        );
        assert_eq!(Value::from(found.to_vec()), json!([null, null, "/app/sub", [0], [8, 9, 10, 11, 12]]));
        assert_eq!(placed(BUILD, "/final/from/digest"), "sha256:ab");
        assert_eq!(placed(BUILD, "/final/from/registry"), "gcr.io");
        assert_eq!(placed(BUILD, "/final/user"), "gcr.io/distroless/nodejs@sha256:ab");
        assert_eq!(placed(BUILD, "/final/copies_from/0"), "build");
        assert!(placed(BUILD, "/final").starts_with("FROM gcr.io") && placed(BUILD, "/final").ends_with("x.js\"]"));
        assert_eq!(
            values(BUILD, ["/final/cmd"])[0],
            json!({ "form": "exec", "command": ["node", "x.js"],
                    "commands": [{ "words": ["node", "x.js"], "program": "node", "joined": "start" }] })
        );
        assert_eq!(placed(BUILD, "/final/cmd/command/1"), "\"x.js\"");
    }

    #[test]
    fn instructions_span_their_lines() {
        assert_eq!(
            values(BUILD, ["/instructions/9"])[0],
            json!({ "name": "COPY", "arguments": "/a   /b", "flags": { "from": "build", "chown": "1" }, "words": ["/a", "/b"], "line": 11 })
        );
        assert_eq!(
            placed(BUILD, "/instructions/9"),
            "COPY --from=build --chown=1 \\\r\n  # the app\r\n  /a \\\r\n  /b"
        );
        assert_eq!(placed(BUILD, "/instructions/9/words/1"), "/b");
        assert_eq!(placed(BUILD, "/instructions/4/name"), "user");
        let document = read(BUILD);
        assert_eq!(document.comments.len(), 2);
        assert_eq!(document.faults, []);
    }

    #[test]
    fn shell_forms_give_commands() {
        let text = "FROM a\nRUN --mount=type=cache,target=/c --mount=type=secret,id=x --network=none \\\n apt-get update && \\\n # why\n apt-get install -y 'cu'\\\nrl\n";
        let [flags, form, commands] =
            values(text, ["/instructions/1/flags", "/instructions/1/form", "/instructions/1/commands"]);
        assert_eq!(flags, json!({ "mount": ["type=cache,target=/c", "type=secret,id=x"], "network": "none" }));
        assert_eq!(form, "shell");
        assert_eq!(
            commands,
            json!([
                { "words": ["apt-get", "update"], "program": "apt-get", "joined": "start" },
                { "words": ["apt-get", "install", "-y", "curl"], "program": "apt-get", "joined": "and" },
            ])
        );
        assert_eq!(placed(text, "/instructions/1/commands/1/words/3"), "'cu'\\\nrl");
        assert_eq!(placed(text, "/instructions/1/commands/0"), "apt-get update");
        let text = "FROM a\nENTRYPOINT [\"sh\", \"-c\", \"exec node $X\"]\nHEALTHCHECK CMD wget x || exit 1";
        let found = values(
            text,
            ["/final/entrypoint/commands/1/program", "/instructions/2/commands/1/program", "/final/healthcheck"],
        );
        assert_eq!(Value::from(found.to_vec()), json!(["node", "exit", "cmd"]));
        assert_eq!(placed(text, "/final/entrypoint/commands/1/program"), "\"exec node $X\"");
    }

    #[test]
    fn heredocs_are_scripts_or_files() {
        let text = "FROM a\nRUN <<EOF\nset -e\ncurl x | sh\nEOF\nCOPY <<-F /x\n\tFROM no\n\tF\nRUN <<P python3\nimport os\nP\nUSER u";
        let found = values(
            text,
            [
                "/instructions/1/commands/2/program",
                "/instructions/1/heredocs/0",
                "/instructions/2/heredocs/0/content",
                "/stages/1",
                "/final/user",
            ],
        );
        let expected =
            json!(["sh", { "delimiter": "EOF", "content": "set -e\ncurl x | sh\n" }, "\tFROM no\n", "(absent)", "u"]);
        assert_eq!(Value::from(found.to_vec()), expected);
        assert_eq!(placed(text, "/instructions/1/commands/1"), "curl x");
        assert_eq!(placed(text, "/instructions/1"), "RUN <<EOF\nset -e\ncurl x | sh\nEOF");
        assert_eq!(
            values(text, ["/instructions/3/commands/0/program", "/instructions/3/commands/1"]),
            [json!("python3"), json!("(absent)")]
        );
        let interpreted = "FROM a\nRUN <<EOF\n#!/usr/bin/env python3\nimport os\nEOF";
        assert_eq!(values(interpreted, ["/instructions/1/commands"])[0], json!([]));
        assert_eq!(read("FROM a\nRUN <<EOF\nx").faults[0].message, "here-document without an end");
    }

    #[test]
    fn variables_resolve_where_the_text_says_their_value() {
        let text = "ARG BASE=debian\nARG TAG\nFROM ${BASE}:${TAG:-12}\nARG BASE\nARG UID=1000\nENV U=$UID G=x\nENV G=y H=$G\nENV legacy a b\nUSER $U:${G}\nWORKDIR /$BASE\nFROM $TAG\nUSER ${WHO}\nENV A=${P:-d}";
        let found = values(
            text,
            [
                "/stages/0/from/image",
                "/stages/0/user",
                "/stages/0/workdir",
                "/stages/0/env/H",
                "/stages/0/env/legacy",
                "/stages/0/args",
            ],
        );
        assert_eq!(
            Value::from(found.to_vec()),
            json!(["debian:12", "1000:y", "/debian", "x", "a b", { "BASE": "debian", "UID": "1000" }])
        );
        assert_eq!(placed(text, "/stages/0/env/legacy"), "a b");
        for pointer in ["/final/from/image", "/final/from/tag", "/final/user", "/final/env/A"] {
            assert!(is_opaque(text, pointer), "{pointer}");
        }
        assert_eq!(values(text, ["/final/from/raw", "/final/external"]), [json!("$TAG"), json!(true)]);
        assert!(is_opaque("FROM a:$TARGETARCH", "/final/from/tag"));
        assert_eq!(values("FROM a\nARG TOKEN", ["/final/args"])[0], json!({ "TOKEN": null }));
    }

    #[test]
    fn copies_and_mounts_reach_stages_and_images() {
        let text = "FROM a AS one\nFROM b\nFROM scratch\nCOPY --from=0 x y\nRUN --mount=type=bind,from=1,source=/ ls\nCOPY --from=nginx:1 x y\nCOPY --from=9 x y";
        let found = values(
            text,
            ["/final/copies_from", "/final/external", "/final/scratch", "/stages/0/needed", "/stages/1/needed"],
        );
        let image = |name: &str, tag: Option<&str>| {
            let raw = tag.map_or(name.to_owned(), |tag| format!("{name}:{tag}"));
            let mut value = json!({ "raw": raw, "image": raw, "repository": name });
            if let Some(tag) = tag {
                value["tag"] = json!(tag);
            }
            value
        };
        let copies = json!([0, 1, image("nginx", Some("1")), image("9", None)]);
        assert_eq!(Value::from(found.to_vec()), json!([copies, false, true, true, true]));
        assert_eq!(placed(text, "/final/copies_from/1"), "1");
        assert_eq!(placed(text, "/final/copies_from/2/tag"), "1");
    }

    #[test]
    fn an_entrypoint_empties_an_inherited_cmd() {
        let found = values(
            "FROM a AS a\nCMD x\nFROM a AS b\nENTRYPOINT [\"y\"]\nFROM a\nENTRYPOINT z\nCMD w\nHEALTHCHECK NONE",
            [
                "/stages/0/cmd/form",
                "/stages/1/cmd",
                "/stages/2/cmd/commands/0/program",
                "/stages/2/healthcheck",
                "/stages/1/entrypoint/command",
            ],
        );
        assert_eq!(Value::from(found.to_vec()), json!(["shell", null, "w", "none", ["y"]]));
    }

    #[test]
    fn templates_are_opaque() {
        let text = "FROM {{ base }}:{{ tag }} AS x\n{% if y %}\nRUN {{ install }} now\nUSER {{ user }}\n{{ more }}\n";
        for pointer in [
            "/final/from/image",
            "/final/from/tag",
            "/final/user",
            "/instructions/1/name",
            "/instructions/2/arguments",
            "/final/healthcheck",
        ] {
            assert!(is_opaque(text, pointer), "{pointer}");
        }
        assert_eq!(values(text, ["/final/name", "/final/healthcheck"]), [json!("x"), json!("{{ more }}")]);
        assert_eq!(placed(text, "/final/healthcheck"), "{{ more }}");
        assert!(read(text).faults.is_empty());
    }

    #[test]
    fn triggers_and_unknown_instructions_are_kept() {
        let text = "FROM a\nONBUILD RUN x\nFOO bar\nonbuild copy --from=b c d\nFROM";
        let document = read(text);
        assert_eq!(document.root.pointer("/instructions/1/trigger/commands/0/program").unwrap().as_str(), Some("x"));
        assert_eq!(placed(text, "/instructions/1/trigger"), "RUN x");
        assert_eq!(
            values(text, ["/instructions/3/trigger/flags/from", "/instructions/2/name", "/final/copies_from"]),
            [json!("b"), json!("FOO"), json!([])]
        );
        let faults: Vec<_> = document
            .faults
            .iter()
            .map(|fault| (&text[fault.span.start..fault.span.end], fault.message.as_str()))
            .collect();
        assert_eq!(faults, [("FOO bar", "unknown instruction"), ("FROM", "FROM without an image")]);
    }

    #[test]
    fn the_escape_directive_changes_continuations() {
        let text = "# escape=`\nFROM mcr.microsoft.com/windows:1`\n709\nRUN dir C:\\ `\n && x";
        assert_eq!(placed(text, "/final/from"), "mcr.microsoft.com/windows:1`\n709");
        assert_eq!(values(text, ["/final/from/tag", "/instructions/1/line"]), [json!("1709"), json!(4)]);
    }

    #[test]
    fn limits_hold_and_a_text_without_stages_is_an_error() {
        let none = parse("RUN x\n", &Limits::default()).unwrap_err();
        assert_eq!(none.to_string(), "no FROM instruction");
        let small = Limits { nodes: 5_000, ..Limits::default() };
        let stage = |number| format!("FROM s{number} AS s{}\nENV V{number}=1\n", number + 1);
        let chain = (0..400).map(stage).collect::<Vec<_>>().concat();
        assert!(parse("FROM a AS s0", &small).is_ok());
        assert_eq!(parse(&format!("FROM a AS s0\n{chain}"), &small).unwrap_err().message, "more than 5000 nodes");
        let growing: String = (0..60).map(|_| "ENV A=$A$A\n").collect();
        assert!(is_opaque(&format!("FROM a\nENV A=xx\n{growing}"), "/final/env/A"));
    }

    proptest! {
        #[test]
        fn never_panics_and_places_are_real(text in "((FROM|RUN|COPY --from=|ENV|ARG|USER|CMD|ONBUILD|HEALTHCHECK|--mount=from=|AS) |[\\\\\n\r\"'\\[\\],=$:@#{}%<é-]|<<E|[a-e0-2/ ]){0,60}") {
            if let Ok(document) = parse(&format!("FROM a AS b\n{text}"), &Limits::default()) {
                let mut nodes = vec![&document.root];
                let whole = text.len() + 12;
                while let Some(node) = nodes.pop() {
                    prop_assert!(node.span.start <= node.span.end && node.span.end <= whole);
                    nodes.extend(node.items());
                    nodes.extend(node.members().iter().map(|member| &member.value));
                }
            }
        }

        #[test]
        fn never_panics_on_any_text(text in "(?s).{0,200}") {
            let _ = parse(&text, &Limits::default());
        }
    }
}
