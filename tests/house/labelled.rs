//! A labelled set of secrets and of look-alikes, made by a program: what share is found, and what share of the rest is
//! reported by mistake. The figures are printed by class and held by floors.
//!
//! Shapes are written with `^` inside, so that this file holds no token; all values are drawn from a fixed seed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use prodready::audit::{AuditOptions, audit};
use prodready::repo::Repo;
use prodready::rule::set::RuleSet;

/// Xorshift, 64 bits: the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % below as u64).unwrap()
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.next(list.len())]
    }

    fn draw(&mut self, alphabet: &str, count: usize) -> String {
        let letters = alphabet.as_bytes();
        (0..count).map(|_| char::from(letters[self.next(letters.len())])).collect()
    }

    /// Fills a shape: `{A:36}` is 36 letters and digits, and so on; `^` vanishes.
    fn fill(&mut self, shape: &str) -> String {
        let shape = shape.replace('^', "");
        let mut out = String::new();
        let mut rest = shape.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            let Some((field, behind)) = behind.split_once('}') else { break };
            out.push_str(before);
            let (class, count) = field.split_once(':').unwrap();
            out.push_str(&self.draw(alphabet(class), count.parse().unwrap()));
            rest = behind;
        }
        out + rest
    }
}

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn alphabet(class: &str) -> &'static str {
    match class {
        "A" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "H" => "0123456789abcdef",
        "U" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "B" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "L" => "abcdefghijklmnopqrstuvwxyz0123456789",
        "W" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-",
        "S" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "D" => "123456789",
        "l" => "abcdefghijklmnopqrstuvwxyz",
        "b" => "abcdefghijklmnopqrstuvwxyz234567",
        "C" => "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
        "N" => UPPER,
        other => panic!("no class {other}"),
    }
}

const UUID: &str = "{H:8}-{H:4}-{H:4}-{H:4}-{H:12}";

/// The pattern that should name it, the name of the setting, and the shape.
const SHAPES: &[(&str, &str, &str)] = &[
    ("github-personal-token", "github_token", "gh^p_{A:36}"),
    ("github-oauth-token", "oauth", "gh^o_{A:36}"),
    ("github-app-token", "app", "gh^s_{A:36}"),
    ("github-fine-grained-token", "pat", "github^_pat_{A:22}_{A:59}"),
    ("gitlab-personal-token", "gitlab", "glp^at-{A:20}"),
    ("gitlab-runner-token", "runner", "gl^rt-{A:20}"),
    ("gitlab-trigger-token", "trigger", "glp^tt-{H:40}"),
    ("slack-bot-token", "slack", "xox^b-{D:12}-{D:12}-{A:24}"),
    ("slack-app-token", "slack_app", "xap^p-1-{U:11}-{D:13}-{H:64}"),
    ("slack-webhook", "hook", "https://hooks.sl^ack.com/services/T{U:10}/B{U:10}/{A:24}"),
    ("aws-access-key-id", "key_id", "AK^IA{B:16}"),
    ("aws-secret-access-key", "aws_secret_access_key", "{S:40}"),
    ("azure-client-secret", "client", "{A:3}8Q^~{A:34}"),
    ("azure-storage-account-key", "cs", "DefaultEndpointsProtocol=https;AccountName=shop;Account^Key={S:86}=="),
    ("azure-devops-token", "devops", "{A:76}AZ^DO{A:4}"),
    ("google-api-key", "maps", "AI^za{W:34}Q"),
    ("google-oauth-client-secret", "google", "GOC^SPX-{A:28}"),
    ("openai-api-key", "openai", "sk-^proj-{A:40}T3Blbk^FJ{A:40}"),
    ("anthropic-api-key", "anthropic", "sk-^ant-api03-{A:93}AA"),
    ("groq-api-key", "groq", "gs^k_{A:52}"),
    ("xai-api-key", "xai", "xa^i-{A:80}"),
    ("perplexity-api-key", "pplx", "ppl^x-{A:48}"),
    ("huggingface-token", "hf", "h^f_{A:34}"),
    ("replicate-api-token", "replicate", "r^8_{A:37}"),
    ("nvidia-api-key", "nvidia", "nva^pi-{A:64}"),
    ("pinecone-api-key", "pinecone", "pcs^k_{A:6}_{A:63}"),
    ("langsmith-api-key", "langsmith", "lsv^2_pt_{H:32}_{H:10}"),
    ("tavily-api-key", "tavily", "tvl^y-{A:32}"),
    ("devin-service-user-token", "devin", "co^g_{b:52}"),
    ("minimax-api-key", "minimax", "sk-^api-{A:119}"),
    ("databricks-token", "databricks", "da^pi{H:32}"),
    ("supabase-management-token", "supabase", "sb^p_{H:40}"),
    ("supabase-secret-key", "supabase_key", "sb_^secret_{A:31}"),
    ("planetscale-token", "planetscale", "pscale^_tkn_{A:43}"),
    ("neon-api-key", "neon", "na^pi_{A:64}"),
    ("mongodb-atlas-secret", "atlas", "mdb_^sa_sk_{A:40}"),
    ("shopify-token", "shopify", "shp^at_{H:32}"),
    ("configcat-sdk-key", "configcat", "configcat^-sdk-1/{A:22}/{A:22}"),
    ("segment-public-api-token", "segment", "sg^p_{A:64}"),
    ("circleci-token", "circle", "CCIP^AT_{A:22}_{H:40}"),
    ("grafana-service-account-token", "grafana", "gls^a_{A:32}_{H:8}"),
    ("new-relic-user-key", "newrelic", "NR^AK-{U:27}"),
    ("sentry-user-token", "sentry", "sntr^yu_{H:64}"),
    ("dynatrace-token", "dynatrace", "dt0^c01.{U:24}.{U:64}"),
    ("sonarqube-token", "sonar", "sq^p_{H:40}"),
    ("atlassian-api-token", "atlassian", "ATAT^T3xFfGF0{A:180}"),
    ("bitbucket-app-password", "bitbucket", "AT^BB{A:32}"),
    ("linear-api-key", "linear", "lin_^api_{A:40}"),
    ("notion-token", "notion", "nt^n_{D:11}{A:35}"),
    ("figma-token", "figma", "fig^d_{A:40}"),
    ("postman-api-key", "postman", "PM^AK-{H:24}-{H:34}"),
    ("hubspot-token", "hubspot", "pat-^na1-{H:8}-{H:4}-{H:4}-{H:4}-{H:12}"),
    ("typeform-token", "typeform", "tf^p_{A:44}"),
    ("posthog-personal-key", "posthog", "ph^x_{A:43}"),
    ("age-secret-key", "sops", "AGE-SECRET^-KEY-1{C:58}"),
    ("apify-api-token", "apify", "apify_^api_{A:36}"),
    ("aikido-client-secret", "aikido", "AIK_^SECRET_{A:64}"),
    ("clickup-token", "clickup", "p^k_{D:8}_{U:32}"),
    ("deno-deploy-token", "deno", "dd^p_{A:36}"),
    ("harness-api-key", "harness", "pa^t.{A:22}.{H:24}.{A:20}"),
    ("rootly-api-key", "rootly", "root^ly_{H:64}"),
    ("octopus-deploy-api-key", "octopus", "AP^I-{U:29}"),
    ("zuplo-api-key", "zuplo", "zpk^a_{L:32}_{H:8}"),
    ("digitalocean-token", "digitalocean", "do^p_v1_{H:64}"),
    ("heroku-api-key", "heroku", "HRK^U-AA{A:58}"),
    ("vercel-token", "vercel", "vc^p_{A:56}"),
    ("cloudflare-api-token", "cloudflare", "cfu^t_{A:40}{H:8}"),
    ("terraform-cloud-token", "tfc", "{A:14}.atl^asv1.{A:64}"),
    ("vault-service-token", "vault", "hv^s.{A:95}"),
    ("pulumi-access-token", "pulumi", "pu^l-{H:40}"),
    ("alibaba-access-key-id", "alibaba", "LT^AI{A:20}"),
    ("tailscale-key", "tailscale", "tskey^-api-{A:12}-{A:32}"),
    ("docker-swarm-token", "swarm", "SWMT^KN-1-{L:50}-{L:25}"),
    ("docker-swarm-unlock-key", "unlock", "SWMK^EY-1-{S:43}"),
    ("doppler-token", "doppler", "dp.^pt.{A:43}"),
    ("onepassword-secret-key", "onepassword", "A^3-{U:6}-{U:11}-{U:5}-{U:5}-{U:5}"),
    ("upcloud-api-token", "upcloud", "uca^t_{A:26}"),
    ("sendgrid-api-key", "sendgrid", "S^G.{A:22}.{A:43}"),
    ("mailgun-api-key", "mailgun", "ke^y-{H:32}"),
    ("mailchimp-api-key", "mailchimp", "{H:32}-u^s14"),
    ("brevo-api-key", "brevo", "xkey^sib-{H:64}-{A:16}"),
    ("telegram-bot-token", "bot", "6{D:9}:AA^H{A:32}"),
    ("discord-webhook", "discord", "https://discord.com/api/web^hooks/{D:18}/{A:68}"),
    ("onesignal-key", "onesignal", "os_^v2_app_{b:103}"),
    ("facebook-access-token", "facebook", "EA^AC{A:150}"),
    ("stripe-live-key", "stripe", "sk^_live_{A:30}"),
    ("stripe-webhook-secret", "stripe_hook", "whs^ec_{A:32}"),
    ("square-oauth-secret", "square", "sq0^csp-{A:43}"),
    ("braintree-access-token", "braintree", "access_^token$production${L:16}${H:32}"),
    ("plaid-access-token", "plaid", "access^-production-{H:8}-{H:4}-{H:4}-{H:4}-{H:12}"),
    ("easypost-api-key", "easypost", "EZ^AK{A:54}"),
    ("shippo-live-token", "shippo", "shippo^_live_{H:40}"),
    ("duffel-live-token", "duffel", "duffel^_live_{A:43}"),
    ("npm-access-token", "npm", "np^m_{A:36}"),
    ("pypi-token", "pypi", "pypi-AgEI^cHlwaS5vcmc{A:120}"),
    ("rubygems-api-key", "rubygems", "ruby^gems_{H:48}"),
    ("crates-io-token", "crates", "ci^o{A:32}"),
    ("nuget-api-key", "nuget", "oy^2{L:43}"),
    ("dockerhub-token", "dockerhub", "dckr^_pat_{A:27}"),
    ("artifactory-api-key", "artifactory", "AK^Cp{A:69}"),
    ("clojars-token", "clojars", "CLO^JARS_{A:60}"),
    ("twilio-auth-token", "twilio_auth_token", "{H:32}"),
    ("heroku-api-key-legacy", "heroku_api_key", UUID),
    ("cloudflare-api-token-by-name", "cloudflare_api_token", "{A:40}"),
    ("datadog-key", "datadog_api_key", "{H:32}"),
    ("hetzner-api-token", "hcloud_token", "{A:64}"),
    ("linode-token", "linode_token", "{H:64}"),
    ("snyk-token", "snyk_token", UUID),
    ("facebook-app-secret", "facebook_app_secret", "{H:32}"),
    ("trello-token", "trello_api_token", "{H:64}"),
    ("openweather-key", "openweather_api_key", "{H:32}"),
    ("bitly-token", "bitly_access_token", "{H:40}"),
];

/// A setting written into a file, as each format writes it.
const CONTEXTS: &[(&str, &str)] = &[
    (".env", "PORT=3000\nN=V\nDEBUG=0\n"),
    ("config/app.yml", "port: 3000\nshop:\n  n: V\n"),
    ("config/app.json", "{\n  \"port\": 3000,\n  \"n\": \"V\"\n}\n"),
    ("config/app.toml", "port = 3000\nn = \"V\"\n"),
    ("config/app.properties", "server.port=3000\nshop.n=V\n"),
    ("app/settings.py", "import os\n\nN = \"V\"\n"),
    ("app/client.py", "client = connect(port=3000, n='V')\n"),
    ("src/config.js", "export const n = 'V';\n"),
    ("src/config.ts", "const settings = { port: 3000, n: \"V\" };\n"),
    ("internal/config.go", "package config\n\nconst n = \"V\"\n"),
    ("src/main/java/Config.java", "class Config {\n    private static final String n = \"V\";\n}\n"),
    ("infra/main.tf", "locals {\n  n = \"V\"\n}\n"),
    ("deploy.sh", "#!/bin/sh\nexport N=\"V\"\n"),
    ("k8s/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop\nstringData:\n  n: V\n"),
    ("lib/client.rb", "Client.new(port: 3000, n: 'V')\n"),
    ("src/config.php", "<?php\nreturn ['port' => 3000, 'n' => 'V'];\n"),
    ("src/Config.cs", "class Config { const string n = \"V\"; }\n"),
    ("Dockerfile", "FROM scratch\nENV N=V\n"),
];

fn written(context: (&str, &str), name: &str, value: &str) -> (String, String) {
    let upper = name.to_ascii_uppercase();
    let text = context.1.lines().map(|line| {
        // The letters stand alone: `N`, `n` and `V` are no part of a word.
        let mut out = String::new();
        let letters: Vec<char> = line.chars().collect();
        for (at, letter) in letters.iter().enumerate() {
            let around = [at.checked_sub(1), Some(at + 1)];
            let alone = around.iter().flatten().all(|at| letters.get(*at).is_none_or(|c| !c.is_alphanumeric()));
            match (letter, alone) {
                ('N', true) => out.push_str(&upper),
                ('n', true) => out.push_str(name),
                ('V', true) => out.push_str(value),
                (other, _) => out.push(*other),
            }
        }
        out + "\n"
    });
    (context.0.to_owned(), text.collect())
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]);
            out.push(if at <= chunk.len() { digit } else { '=' });
        }
    }
    out
}

fn token(claims: &str, dice: &mut Dice) -> String {
    let part = |text: &str| base64(text).replace('+', "-").replace('/', "_").replace('=', "");
    format!("{}.{}.{}", part("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"), part(claims), dice.draw(alphabet("W"), 43))
}

/// One case: its class, the file, and the pattern that should name it (of a secret).
struct Case {
    class: &'static str,
    path: String,
    text: String,
    named: Option<&'static str>,
}

#[allow(clippy::too_many_lines, reason = "a list of templates")]
fn positives(dice: &mut Dice) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |class, (path, text): (String, String), named| cases.push(Case { class, path, text, named });
    for (number, (named, name, shape)) in SHAPES.iter().enumerate() {
        for round in 0..10 {
            let context = CONTEXTS[(number + round * 5) % CONTEXTS.len()];
            let value = dice.fill(shape);
            add("token of a provider", written(context, name, &value), Some(*named));
        }
    }
    let names = [
        "api_secret",
        "client_secret",
        "auth_token",
        "access_token",
        "secret_key",
        "signing_key",
        "api_key",
        "encryption_key",
    ];
    for round in 0..160 {
        let shape = ["{A:24}", "{H:40}", "{L:32}", "{W:40}Z", "{S:44}", "{A:16}"][round % 6];
        let value = dice.fill(shape);
        add(
            "random value under a name",
            written(CONTEXTS[round % CONTEXTS.len()], names[round % names.len()], &value),
            None,
        );
    }
    let words = ["Winter", "tiger", "Harbour", "blue", "Falcon", "stone", "Paris", "coffee", "Lantern", "river"];
    let names = ["password", "db_password", "smtp_pass", "admin_passwd", "user_pwd", "passphrase"];
    for round in 0..160 {
        let (word, other) = (dice.pick(&words), dice.pick(&words));
        let sign = dice.pick(&["!", "$", "#", "&", "*", "_", "-", "?"]).replace('$', "+").replace('#', "=");
        let number = dice.draw("123456789", 3);
        let value = [
            format!("{word}{number}{sign}"),
            format!("{word}{sign}{other}{number}"),
            format!("{}{sign}{number}", dice.draw(alphabet("l"), 8)),
        ];
        add(
            "password of a person",
            written(CONTEXTS[round % CONTEXTS.len()], names[round % names.len()], &value[round % 3]),
            None,
        );
    }
    let schemes = [
        "postgres",
        "postgresql",
        "mysql",
        "mongodb",
        "mongodb+srv",
        "redis",
        "rediss",
        "amqp",
        "amqps",
        "mssql",
        "clickhouse",
        "ldap",
        "smtp",
        "ftp",
        "sftp",
        "mariadb",
        "postgresql+asyncpg",
        "mysql+pymysql",
        "snowflake",
        "elasticsearch",
    ];
    for round in 0..100 {
        let value = format!(
            "{}://shop:{}@db{}.acme-shop.net:5432/shop",
            schemes[round % schemes.len()],
            dice.draw(alphabet("A"), 14),
            round
        );
        add(
            "URL with a password",
            written(CONTEXTS[round % CONTEXTS.len()], "database_url", &value),
            Some("database-url"),
        );
    }
    for round in 0..40 {
        let value = format!("https://deploy:{}@git{round}.acme-shop.net/shop.git", dice.draw(alphabet("A"), 16));
        add("URL with a password", written(CONTEXTS[round % CONTEXTS.len()], "remote", &value), Some("basic-auth-url"));
    }
    for round in 0..40 {
        let value = base64(&dice.fill(["{A:24}", "gh^p_{A:36}", "{l:5}{D:4}!{l:3}"][round % 3]));
        let text = format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop\ndata:\n  shop-{}: {value}\n",
            ["password", "token", "api-key"][round % 3]
        );
        add("Kubernetes Secret", (format!("k8s/s{round}.yaml"), text), None);
        let pair = base64(&format!("shop:{}", dice.fill("{A:12}{D:2}")));
        let text = format!("fetch(url, {{ headers: {{ Authorization: 'Basic {pair}' }} }});\n");
        add("basic authentication", (format!("src/f{round}.js"), text), Some("basic-auth-header"));
        let value = token(&format!("{{\"sub\":\"{}\",\"exp\":4102444800}}", dice.draw(alphabet("H"), 24)), dice);
        add("JSON web token", written(CONTEXTS[round % CONTEXTS.len()], "session", &value), Some("jwt"));
        let lines: Vec<String> = (0..12).map(|_| dice.draw(alphabet("S"), 64)).collect();
        let kind = ["RSA ", "EC ", "", "OPENSSH "][round % 4];
        let text =
            format!("-----BEG{}N {kind}PRIVATE KEY-----\n{}\n-----END {kind}PRIVATE KEY-----\n", 'I', lines.join("\n"));
        add("private key", (format!("deploy/k{round}.pem"), text), Some("private-key"));
        let text = format!("machine git{round}.acme-shop.net\nlogin shop\npassword {}\n", dice.draw(alphabet("A"), 14));
        add("file of passwords", (".netrc".to_owned(), text), Some("netrc-password"));
        let text = format!("//registry.acme-shop.net/:_authToken={}\n", dice.draw(alphabet("A"), 36));
        add("file of passwords", (".npmrc".to_owned(), text), Some("npm-registry-credential"));
    }
    cases
}

#[allow(clippy::too_many_lines, reason = "a list of templates")]
fn negatives(dice: &mut Dice) -> Vec<Case> {
    let mut cases = Vec::new();
    let words = [
        "token", "user", "form", "session", "client", "account", "service", "provider", "manager", "handler",
        "factory", "context", "config", "store", "field", "value", "request", "response", "access", "refresh",
    ];
    let names = [
        "password",
        "api_key",
        "client_secret",
        "auth_token",
        "secret_key",
        "db_password",
        "access_key",
        "private_key",
    ];
    let mut add = |class, (path, text): (String, String)| cases.push(Case { class, path, text, named: None });
    for round in 0..100 {
        let name = names[round % names.len()];
        let context = CONTEXTS[round % CONTEXTS.len()];
        let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
        let three = [dice.pick(&words), dice.pick(&words), dice.pick(&words)];
        let placeholder = [
            "changeme",
            "your-api-key-here",
            "<your-key>",
            "xxxxxxxxxxxxxxxx",
            "REPLACE_ME",
            "example-secret",
            "password",
            "YOUR_SECRET_KEY",
            "********",
            "todo",
            "insert-token-here",
            "my-secret-token",
            "test1234",
            "dummy-value",
            "sk_test_xxxxxxxxxxxxxxxxxxxxxxxx",
        ];
        add("placeholder", written(context, name, placeholder[round % placeholder.len()]));
        let reference = [
            "${DB_PASSWORD}",
            "{{ .Values.password }}",
            "${{ secrets.TOKEN }}",
            "$(cat /run/secrets/token)",
            "%(password)s",
            "#{ENV['TOKEN']}",
            "vault:secret/data/shop#password",
            "arn:aws:secretsmanager:eu-west-1:123:secret:shop",
            "op://prod/shop/password",
            "/run/secrets/db_password",
            "ENC[AES256_GCM,data:9xk2]",
            "<%= ENV['KEY'] %>",
            "!vault",
            "$PASSWORD",
            "@Microsoft.KeyVault(SecretUri=https://shop.vault.azure.net/secrets/db)",
        ];
        add("reference", written(context, name, reference[round % reference.len()]));
        let id = dice.fill(UUID);
        add(
            "uuid",
            (
                format!("src/u{round}.ts"),
                format!("export const {}Id = '{id}';\nconst correlation_id = \"{id}\";\n", three[0]),
            ),
        );
        let hash = dice.fill("{H:40}");
        add(
            "git hash",
            (
                format!("src/g{round}.py"),
                format!("COMMIT = \"{hash}\"\nREVISION = '{hash}'\n# see https://github.com/acme/shop/commit/{hash}\n"),
            ),
        );
        let sum = dice.fill("{H:64}");
        add("checksum", (format!("dist{round}/SHA256SUMS"), format!("{sum}  shop-1.{round}.0.tar.gz\n")));
        add(
            "checksum",
            (format!("build/c{round}.sh"), format!("SHA256=\"{sum}\"\necho \"{sum}  shop.tgz\" | sha256sum -c\n")),
        );
        let integrity = dice.fill("sha512-{S:86}==");
        add(
            "lockfile integrity",
            (
                format!("p{round}/package-lock.json"),
                format!(
                    "{{\"packages\": {{\"node_modules/{}\": {{\"resolved\": \"https://registry.npmjs.org/a/-/a-1.0.0.tgz\", \"integrity\": \"{integrity}\"}}}}}}\n",
                    three[1]
                ),
            ),
        );
        let mut minified = String::from("!function(e,t){");
        for _ in 0..40 {
            let _ = write!(
                minified,
                "var {}={}({}.{},\"{}\");",
                dice.draw(alphabet("l"), 1),
                dice.draw(alphabet("l"), 2),
                dice.draw(alphabet("l"), 1),
                dice.draw(alphabet("l"), 3),
                dice.draw(alphabet("l"), 4)
            );
        }
        minified.push_str(
            "e.password=t.password,n.token=r.token;var k={password:\"password\",token:\"token\",secret:e}}();\n",
        );
        add("minified identifiers", (format!("public/m{round}.js"), minified));
        let label = [
            "Password",
            "Passwort",
            "Mot de passe",
            "Contraseña",
            "Enter your password",
            "Wachtwoord",
            "Senha",
            "Password:",
            "Token",
            "Confirm password?",
            "Neues-Passwort",
            "API key (required)",
            "Parola*",
            "Heslo",
            "パスワード",
        ];
        let label = label[round % label.len()];
        add(
            "translation",
            (
                format!("src/t{round}.ts"),
                format!(
                    "export const messages = {{ password: \"{label}\", 'login.password': '{label}', token: \"{label}\" }};\n"
                ),
            ),
        );
        add(
            "translation",
            (
                format!("locales/l{round}.json"),
                format!(
                    "{{\"password\": \"{label}\", \"api_key\": \"Schlüssel{round}\", \"secret_key\": \"Xq7-Zeichen{round}\"}}\n"
                ),
            ),
        );
        add(
            "form label",
            (
                format!("src/f{round}.html"),
                format!(
                    "<label for=\"{n}\">{label}</label><input type=\"password\" name=\"{n}\" autocomplete=\"current-password\" placeholder=\"{label}\">\n",
                    n = three[0]
                ),
            ),
        );
        let lines: Vec<String> = (0..6).map(|_| dice.draw(alphabet("S"), 64)).collect();
        add(
            "public key",
            (
                format!("keys/p{round}.pem"),
                format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n")),
            ),
        );
        add(
            "public key",
            (
                format!("keys/a{round}.txt"),
                format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{} shop@host\n", dice.draw(alphabet("S"), 43)),
            ),
        );
        add(
            "certificate",
            (
                format!("keys/c{round}.crt"),
                format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n")),
            ),
        );
        add(
            "test vector",
            (
                format!("src/v{round}.rs"),
                format!(
                    "const INPUT: &str = \"{}\";\nconst DIGEST: &str = \"{}\";\nconst IV: [u8; 4] = hex!(\"{}\");\n",
                    dice.fill("{H:64}"),
                    dice.fill("{H:64}"),
                    dice.fill("{H:8}")
                ),
            ),
        );
        add(
            "image in base64",
            (
                format!("src/i{round}.css"),
                format!(".a{{background:url(data:image/png;base64,{})}}\n", dice.draw(alphabet("S"), 400)),
            ),
        );
        add(
            "image in base64",
            (
                format!("src/i{round}.ts"),
                format!("export const icon = 'data:image/png;base64,{}';\n", dice.draw(alphabet("S"), 300)),
            ),
        );
        add(
            "style class",
            (
                format!("src/s{round}.tsx"),
                format!(
                    "<div className=\"{}-{}__{} token-{} css-{}\" data-token=\"{}-{}\" />\n",
                    three[0],
                    three[1],
                    three[2],
                    three[0],
                    dice.draw(alphabet("L"), 7),
                    three[1],
                    three[2]
                ),
            ),
        );
        add("path", written(context, name, &format!("/etc/{}/{}/{}.pem", three[0], three[1], three[2])));
        add(
            "type name",
            written(context, name, &format!("{}{}{}", capital(three[0]), capital(three[1]), capital(three[2]))),
        );
        add(
            "type name",
            (
                format!("src/n{round}.go"),
                format!(
                    "type {0} struct {{\n\tPassword string `json:\"{1}_password,omitempty\"`\n\tToken *{0}{2}\n}}\n",
                    capital(three[0]),
                    three[1],
                    capital(three[2])
                ),
            ),
        );
        add("name of a field", written(context, name, &format!("{}.{}_{}", three[0], three[1], three[2])));
        add(
            "query language",
            (
                format!("schema/q{round}.graphql"),
                format!(
                    "type Mutation {{\n  login(email: String!, password: String!): {}\n  token(secret: ID!, apiKey: String = null): {}!\n}}\n",
                    capital(three[0]),
                    capital(three[1])
                ),
            ),
        );
        add(
            "key reference",
            (
                format!("k8s/d{round}.yaml"),
                format!(
                    "apiVersion: v1\nkind: Pod\nmetadata: {{name: shop}}\nspec:\n  containers:\n    - name: shop\n      env:\n        - name: DB_PASSWORD\n          valueFrom:\n            secretKeyRef:\n              name: {}-{}-secret\n              key: {}-password\n",
                    three[0], three[1], three[2]
                ),
            ),
        );
        let claims = [
            "{\"sub\":\"1234567890\",\"name\":\"John Doe\",\"iat\":1516239022}",
            "{\"iss\":\"joe\",\"exp\":1300819380,\"http://example.com/is_root\":true}",
            "{\"foo\":\"bar\"}",
        ][round % 3];
        add("sample token", (format!("src/j{round}.js"), format!("const sample = '{}';\n", token(claims, dice))));
        add(
            "local database",
            written(
                context,
                "database_url",
                &format!("postgres://postgres:postgres@localhost:54{:02}/shop", round % 90 + 10),
            ),
        );
        add(
            "comparison",
            (
                format!("src/k{round}.py"),
                format!(
                    "if password == \"\" or token is None:\n    raise ValueError(\"password: required for {}\")\nif form[\"password\"] != form[\"confirm_password\"]:\n    pass\n",
                    three[0]
                ),
            ),
        );
        add(
            "style class",
            (
                format!("src/w{round}.css"),
                format!(".password-{}, #token-{} {{ content: \"password\"; }}\n", three[0], three[1]),
            ),
        );
    }
    cases
}

fn audited(cases: &[Case]) -> Vec<BTreeSet<String>> {
    let rules = RuleSet::embedded().unwrap();
    let files: Vec<(String, String)> =
        cases.iter().enumerate().map(|(at, case)| (format!("c{at}/{}", case.path), case.text.clone())).collect();
    let repo = Repo::from_memory(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let mut options = AuditOptions::new(2, jiff::civil::date(2026, 11, 21));
    options.only = vec!["secrets/hardcoded-credential".to_owned()];
    let audit = audit(&repo, &rules, &options);
    let mut found = vec![BTreeSet::new(); cases.len()];
    for finding in audit.items.iter().flat_map(prodready::checklist::item::Item::findings) {
        let also = finding.also.iter().map(|other| &other.place.path);
        for path in std::iter::once(&finding.place.path).chain(also) {
            let number: usize = path[1..].split('/').next().unwrap().parse().unwrap();
            found[number].insert(finding.pattern.clone().unwrap_or_default());
        }
    }
    found
}

/// How many cases of a class there are, and those that were reported.
type Wrong<'a> = (usize, Vec<(&'a Case, BTreeSet<String>)>);

/// Percent, with one decimal.
fn share(part: usize, whole: usize) -> f64 {
    (part as f64 * 1000.0 / whole.max(1) as f64).round() / 10.0
}

#[test]
#[allow(clippy::print_stdout, reason = "the figures are for people")]
fn secrets_are_found_and_look_alikes_are_not() {
    let mut dice = Dice(0x2026_1121_5eed);
    let (good, bad) = (positives(&mut dice), negatives(&mut dice));
    assert!(good.len() >= 1500 && bad.len() >= 1500, "{} and {} cases", good.len(), bad.len());
    let classes: BTreeSet<&str> = bad.iter().map(|case| case.class).collect();
    assert!(classes.len() >= 12, "{classes:?}");
    let mut said = String::new();
    let mut missed: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    let mut tally: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for (case, found) in good.iter().zip(audited(&good)) {
        let [all, any, nameable, named] = tally.entry(case.class).or_default();
        *all += 1;
        *any += usize::from(!found.is_empty());
        *nameable += usize::from(case.named.is_some());
        *named += usize::from(case.named.is_some_and(|name| found.contains(name)));
        if found.is_empty() || case.named.is_some_and(|name| !found.contains(name)) {
            missed.entry(case.named.unwrap_or(case.class)).or_default().push(case);
        }
    }
    for (class, [all, any, nameable, named]) in &tally {
        let _ = writeln!(
            said,
            "{class:<28} {all:>5} found {:>5} % named {:>5} %",
            share(*any, *all),
            share(*named, *nameable)
        );
    }
    let sum = |at: usize| tally.values().map(|row| row[at]).sum::<usize>();
    let (recall, named) = (share(sum(1), sum(0)), share(sum(3), sum(2)));
    let mut wrong: BTreeMap<&str, Wrong<'_>> = BTreeMap::new();
    for (case, found) in bad.iter().zip(audited(&bad)) {
        let entry = wrong.entry(case.class).or_default();
        entry.0 += 1;
        if !found.is_empty() {
            entry.1.push((case, found));
        }
    }
    for (class, (all, reported)) in &wrong {
        let _ = writeln!(said, "{class:<28} {all:>5} reported {:>5} %", share(reported.len(), *all));
    }
    let false_alarms = share(wrong.values().map(|(_, reported)| reported.len()).sum(), bad.len());
    let _ = writeln!(
        said,
        "recall {recall} % named {named} % of {}, false alarms {false_alarms} % of {}",
        good.len(),
        bad.len()
    );
    println!("{said}");
    for (class, cases) in missed.iter().take(40) {
        println!("missed {class} {} times: {} {}", cases.len(), cases[0].path, one_line(&cases[0].text));
    }
    for (case, found) in wrong.values().flat_map(|(_, reported)| reported.iter().take(4)) {
        println!("reported {}: {} {found:?} {}", case.class, case.path, one_line(&case.text));
    }
    assert!(recall >= 98.0 && named >= 95.0 && false_alarms <= 0.5, "\n{said}");
    for (class, [all, any, ..]) in &tally {
        assert!(share(*any, *all) >= 90.0, "{class}\n{said}");
    }
    for (class, (all, reported)) in &wrong {
        assert!(share(reported.len(), *all) <= 5.0, "{class}\n{said}");
    }
}

fn one_line(text: &str) -> String {
    text.replace('\n', "⏎").chars().take(220).collect()
}
