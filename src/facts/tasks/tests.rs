//! What commands lead to, in small repositories.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::Follower;
use crate::repo::Repo;

/// The commands that `script` leads to in `folder` of a repository of these files.
fn in_folder(files: &[(&str, &str)], folder: &str, script: &str) -> Vec<String> {
    let repo = Repo::from_memory(files.iter().copied());
    Follower::new(&repo).script(script, folder).lines().map(str::to_owned).collect()
}

fn followed(files: &[(&str, &str)], script: &str) -> Vec<String> {
    in_folder(files, "", script)
}

#[test]
fn targets_of_make_lead_to_those_that_they_need() {
    let makefile = "include mk/*.mk\n.PHONY: local build\nlocal:\n\techo local\nbuild: build/dev\nbuild/dev: test lint-go\ntest:\n\t./hack/all.sh\nlint-%:\n\tgolangci-lint run\na: b\nb: a\n\tpytest\nci:\n\t$(MAKE) -C sub x\n";
    let files = [
        ("Makefile", makefile),
        ("hack/all.sh", "set -e\n# pytest\ngo test ./...\n"),
        ("mk/more.mk", "more: # y\n\tcargo test\n"),
        ("sub/Makefile", "x:\n\tmypy\n"),
    ];
    assert_eq!(followed(&files, "make local build"), ["./hack/all.sh", "set -e", "go test ./...", "golangci-lint run"]);
    assert_eq!(followed(&files, "make more a"), ["cargo test", "pytest"]);
    assert_eq!(followed(&files, "make ci"), ["${MAKE} -C sub x", "mypy"]);
    assert_eq!(followed(&files, "cd sub && sudo make"), ["mypy"]);
    assert_eq!(in_folder(&files, "./sub", "make x"), ["mypy"]);
    assert_eq!(followed(&files, "docker run --rm -v .:/src golang make more"), ["cargo test"]);
    assert!(followed(&files, "make other; echo make more; make --version").is_empty());
}

#[test]
fn scripts_need_no_extension_but_a_shell() {
    let files = [
        ("run", "#!/usr/bin/env bash\ncase \"$1\" in\n  test) pytest ;;\n  lint) ruff check ;;\nesac\n"),
        ("script/cibuild", "#!/bin/sh -e\nscript/test\n"),
        ("script/test", "#!/bin/sh\n\"$(dirname \"$0\")/deeper\"\n"),
        ("script/deeper", "#!/bin/sh\nrspec\n"),
        ("bin/py", "#!/usr/bin/env python\nimport pytest\n"),
        ("dev/ci", "cargo test\n"),
    ];
    assert_eq!(followed(&files, "./run test"), ["pytest"]);
    assert_eq!(
        followed(&files, "script/cibuild"),
        ["script/test", "\"$(dirname \"$0\")/deeper\"", "rspec", "dirname \"$0\""]
    );
    assert!(followed(&files, "bin/py; dev/ci; ./missing").is_empty());
    assert_eq!(followed(&files, "bash -eu dev/ci"), ["cargo test"]);
}

#[test]
fn environments_and_tasks_of_python_are_found() {
    let pyproject = "[tool.tox]\nenv_list = ['typing']\n[tool.tox.labels]\nchecks = ['typing']\n[tool.tox.env.typing]\ncommands = [['mypy']]\n\
        [tool.hatch.envs.types.scripts]\ncheck = 'pyright'\nall = ['check', 'ruff check']\n[tool.hatch.envs.default.scripts]\ncov = 'pytest --cov'\n\
        [tool.pdm.scripts]\nqa = { composite = ['style', 'bandit -r src'] }\nstyle.cmd = 'black'\n\
        [tool.poe.tasks]\ncheck = ['unit', { cmd = 'mypy src' }]\nunit = 'pytest'\n[tool.taskipy.tasks]\nlint = 'flake8'\npre_lint = 'isort'\n";
    let files = [
        ("pyproject.toml", pyproject),
        ("noxfile.py", "@nox.session\ndef docs(session):\n    session.run('sphinx-build')\n"),
    ];
    let table: &[(&str, &[&str])] = &[
        ("tox run -e typing", &["mypy"]),
        ("uvx --with tox-uv tox", &["mypy"]),
        ("python -m tox -m checks", &["mypy"]),
        ("hatch run types:check", &["pyright"]),
        ("hatch run types:all", &["check", "ruff check"]),
        ("hatch run cov", &["pytest --cov"]),
        ("pdm run qa", &["black", "bandit -r src"]),
        ("uv run poe check", &["pytest", "mypy src"]),
        ("poetry run task lint", &["isort", "flake8"]),
        ("nox -s docs", &["sphinx-build"]),
        ("uv run pytest", &[]),
    ];
    for (script, commands) in table {
        assert_eq!(followed(&files, script), *commands, "{script}");
    }
}

#[test]
fn a_file_of_another_name_is_read_as_its_kind_is() {
    let native =
        "[tool.tox.env.types]\ncommands = [['mypy', '.']]\n[tool.tox.env.style]\ncommands = [['flake8', '.']]\n";
    let files = [
        ("pyproject.toml", native),
        ("tox.ini", "[testenv:types]\ncommands = pyright\n"),
        ("ci/other.ini", "[testenv:types]\ncommands = pytype\n"),
    ];
    assert_eq!(followed(&files, "tox -c pyproject.toml -e style,types"), ["flake8 .", "mypy ."]);
    assert_eq!(followed(&files, "tox -c ci/other.ini -e types"), ["pytype"]);
    assert_eq!(followed(&files, "tox -e types"), ["pyright"]);
}

#[test]
fn scripts_in_a_folder_bear_the_names_of_tasks() {
    let files = [
        ("mise.toml", "[tasks.style]\nrun = 'ruff check'\n"),
        (
            ".mise/tasks/build",
            "#!/usr/bin/env bash\n#MISE description=\"Build\"\n#MISE depends=[\"lint\", 'no', \"style\"]\ngo build ./...\n#MISE depends=[\"late\"]\n",
        ),
        (".mise/tasks/lint", "#!/usr/bin/env bash\n#MISE wait_for=[\"late\"]\ngolangci-lint run\n"),
        (".mise/tasks/late", "#!/bin/sh\nlate\n"),
        (".mise/tasks/test/unit.sh", "# mise depends=\"test\"\ngo test ./...\n"),
        (".mise/tasks/test/_default", "#!/bin/sh\ngo vet ./...\n"),
        (".mise/tasks/py", "#!/usr/bin/env python\nimport pytest\n"),
        ("tasks/other", "#!/bin/sh\nother\n"),
    ];
    assert_eq!(followed(&files, "mise run build"), ["golangci-lint run", "ruff check", "go build ./..."]);
    assert_eq!(in_folder(&files, "web", "mise run test:unit"), ["go vet ./...", "go test ./..."]);
    assert!(followed(&files, "mise run other; mise run py; mise install build").is_empty());
}

#[test]
fn scripts_of_packages_are_found_in_the_workspace() {
    let files = [
        (
            "package.json",
            r#"{"name": "root", "scripts": {"ci": "pnpm -F @x/web run test:all", "pretest": "tsc", "test": "run-p 'lint:*'", "lint:a": "eslint a", "lint:b": "eslint b"}}"#,
        ),
        (
            "packages/web/package.json",
            r#"{"name": "@x/web", "scripts": {"test:all": "vitest run", "typecheck": "tsc --noEmit"}}"#,
        ),
        ("packages/api/package.json", r#"{"name": "@x/api", "scripts": {"test": "jest", "typecheck": "tsc -b"}}"#),
        ("packages/api/project.json", r#"{"targets": {"e2e": {"options": {"command": "playwright test"}}}}"#),
    ];
    let table: &[(&str, &[&str])] = &[
        ("npm run ci", &["pnpm -F @x/web run test:all", "vitest run"]),
        ("npm t", &["tsc", "run-p 'lint:*'", "eslint a", "eslint b"]),
        ("yarn workspace @x/api test", &["jest"]),
        ("npm -w packages/api run test", &["jest"]),
        ("npm --prefix packages/api test", &["jest"]),
        ("pnpm --filter './packages/*' typecheck", &["tsc -b", "tsc --noEmit"]),
        ("turbo run typecheck", &["tsc -b", "tsc --noEmit"]),
        ("pnpm turbo typecheck --filter=web", &["tsc -b", "tsc --noEmit"]),
        ("yarn nx run-many -t typecheck", &["tsc -b", "tsc --noEmit"]),
        ("pnpm install typecheck", &[]),
        ("npx nx affected -t typecheck", &["tsc -b", "tsc --noEmit"]),
        ("nx e2e api", &["playwright test"]),
        ("lerna run test:all", &["vitest run"]),
        ("npm ci; yarn install", &[]),
    ];
    for (script, commands) in table {
        assert_eq!(followed(&files, script), *commands, "{script}");
    }
    assert_eq!(in_folder(&files, "packages/api", "npm test"), ["jest"]);
}

#[test]
fn variables_and_functions_run_commands() {
    let table: &[(&str, &[&str])] = &[
        ("cmd=\"docker push $tag\"; $cmd --quiet", &["docker push $tag --quiet"]),
        ("cmd='docker push x'\neval \"$cmd\"", &["docker push x"]),
        ("run_cmd() { echo \"$1\"; eval $1; }\ncmd='kubectl apply -f x'\nrun_cmd \"$cmd\"", &["kubectl apply -f x"]),
        ("args=(helm upgrade x)\n\"${args[@]}\"", &["helm upgrade x"]),
        ("try() {\n  \"$@\" || exit 1\n}\ntry docker push x", &["docker push x"]),
        ("cmd='docker push x'; echo $cmd", &[]),
        ("cmd='docker push x'; other $cmd", &[]),
        ("bash -c 'make a'", &["make a"]),
        ("docker compose run --rm app bash -c 'pytest -x'", &["pytest -x"]),
    ];
    for (script, commands) in table {
        let found = followed(&[], script);
        assert_eq!(
            found.into_iter().filter(|line| !line.starts_with("eval")).collect::<Vec<_>>(),
            *commands,
            "{script}"
        );
    }
}

#[test]
fn actions_run_their_steps_and_scripts() {
    let action = "runs:\n  using: composite\n  steps:\n    - run: ${{ github.action_path }}/push.sh prod\n    - run: $GITHUB_ACTION_PATH/push.sh test\n    - run: make test\n      continue-on-error: true\n    - run: ${{ inputs.command }}\n    - uses: ./.github/actions/other\n";
    let files = [
        (".github/actions/x/action.yml", action),
        (".github/actions/x/push.sh", "docker push \"$1\"\n"),
        (
            ".github/actions/other/action.yaml",
            "runs:\n  steps:\n    - run: helm upgrade x\n    - uses: ./.github/actions/x\n",
        ),
        ("Makefile", "test:\n\tpytest\ncheck:\n\tmypy\n"),
    ];
    let repo = Repo::from_memory(files);
    let given = [("command".to_owned(), "make check".to_owned())];
    let found = Follower::new(&repo).action("./.github/actions/x", &given);
    let found: Vec<&str> = found.lines().filter(|line| !line.contains("push.sh")).collect();
    assert_eq!(&found[..5], ["docker push \"$1\"", "docker push \"$1\"", "make check", "mypy", "helm upgrade x"]);
    assert!(Follower::new(&repo).action("actions/checkout@v4", &[]).is_empty());
    assert!(Follower::new(&repo).action("./../x", &[]).is_empty());
}

#[test]
fn circles_and_lengths_are_bounded() {
    let chain: Vec<String> = (0..2000).map(|at| format!("t{at}: t{}\n\techo; run-{at}\n", at + 1)).collect();
    let chain = chain.concat();
    let long = format!("a:\n{}", "\tpytest\n".repeat(50_000));
    let files =
        [("Makefile", chain.as_str()), ("x/Makefile", &long), ("a.sh", "./b.sh\n"), ("b.sh", "./a.sh\npytest\n")];
    assert!(followed(&files, "make t0").len() <= 32);
    assert!(in_folder(&files, "x", "make a").join("\n").len() <= 64 << 10);
    assert_eq!(followed(&files, "./a.sh"), ["./b.sh", "./a.sh", "pytest"]);
}

proptest! {
    #[test]
    fn never_panics(script in "(make |npm |-w |-C |run |tox -e |\\$c|c=|eval |bash -c |cd |\\./a |[a;&\"'$(){}\\n é=*/.-]){0,30}") {
        let files = [("Makefile", script.as_str()), ("a", &format!("#!/bin/sh\n{script}")), ("package.json", r#"{"scripts": {"a": "make a"}}"#)];
        let _ = followed(&files, &script);
    }
}

#[test]
fn a_pipeline_that_is_called_runs_what_it_is_given() {
    let called = "jobs:\n  a:\n    steps:\n      - run: make ${{ inputs.target }}\n  b:\n    continue-on-error: true\n    steps:\n      - run: make ${{ inputs.target }} again\n";
    let repo = Repo::from_memory([(".github/workflows/run.yml", called), ("Makefile", "check:\n\tmypy\n")]);
    let follower = Follower::new(&repo);
    let given = [("target".to_owned(), "check".to_owned())];
    assert_eq!(follower.action("./.github/workflows/run.yml", &given), "make check\nmypy\n");
    assert_eq!(follower.action("./.github/workflows/run.yml", &[]), "", "its own document says what it runs");
}
