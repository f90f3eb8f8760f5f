//! The dialects that have a grammar, their names, and the files they are written in.
//!
//! Extensions are mapped here and not by the engine, which knows neither `.vue` nor `.phtml` nor `Rakefile`.

use ast_grep_language::SupportLang;

/// A syntax that patterns can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// JavaScript with JSX.
    JavaScript,
    /// TypeScript without JSX: `<T>x` is a cast.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// Python 3.
    Python,
    /// Go.
    Go,
    /// Java.
    Java,
    /// Ruby.
    Ruby,
    /// PHP; the HTML around it is blanked out.
    Php,
    /// C#.
    CSharp,
    /// Rust.
    Rust,
    /// HTML.
    Html,
    /// The scripts of a single-file component (Vue, Svelte, Astro): becomes JavaScript, TypeScript or TSX when it is parsed.
    Component,
}

/// The dialects that a grammar is compiled for, in the order of [`Dialect::index`].
pub(super) const GRAMMARS: [Dialect; 11] = [
    Dialect::JavaScript,
    Dialect::TypeScript,
    Dialect::Tsx,
    Dialect::Python,
    Dialect::Go,
    Dialect::Java,
    Dialect::Ruby,
    Dialect::Php,
    Dialect::CSharp,
    Dialect::Rust,
    Dialect::Html,
];

/// Extension, in lower case, to dialect.
const EXTENSIONS: &[(&str, Dialect)] = &[
    ("js", Dialect::JavaScript),
    ("jsx", Dialect::JavaScript),
    ("mjs", Dialect::JavaScript),
    ("cjs", Dialect::JavaScript),
    ("ts", Dialect::TypeScript),
    ("mts", Dialect::TypeScript),
    ("cts", Dialect::TypeScript),
    ("tsx", Dialect::Tsx),
    ("py", Dialect::Python),
    ("go", Dialect::Go),
    ("java", Dialect::Java),
    ("rb", Dialect::Ruby),
    ("rake", Dialect::Ruby),
    ("gemspec", Dialect::Ruby),
    ("ru", Dialect::Ruby),
    ("php", Dialect::Php),
    ("phtml", Dialect::Php),
    ("cs", Dialect::CSharp),
    ("rs", Dialect::Rust),
    ("html", Dialect::Html),
    ("htm", Dialect::Html),
    ("vue", Dialect::Component),
    ("svelte", Dialect::Component),
    ("astro", Dialect::Component),
];

/// Names of files without a telling extension.
const FILES: &[(&str, Dialect)] = &[
    ("Rakefile", Dialect::Ruby),
    ("Gemfile", Dialect::Ruby),
    ("Guardfile", Dialect::Ruby),
    ("Capfile", Dialect::Ruby),
];

impl Dialect {
    /// The dialect of the file at `path` (forward slashes), or `None` where no grammar fits. Blade templates are not PHP.
    pub fn from_path(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if let Some((_, dialect)) = FILES.iter().find(|(file, _)| *file == name) {
            return Some(*dialect);
        }
        let (stem, extension) = name.rsplit_once('.')?;
        // Declarations of types hold nothing that runs.
        let is_declaration = stem.strip_suffix(".d").is_some() && matches!(extension, "ts" | "mts" | "cts");
        if is_declaration || stem.to_ascii_lowercase().ends_with(".blade") {
            return None;
        }
        EXTENSIONS.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known)).map(|(_, dialect)| *dialect)
    }

    /// The name that rules and messages use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
            Self::Tsx => "tsx",
            Self::Python => "python",
            Self::Go => "go",
            Self::Java => "java",
            Self::Ruby => "ruby",
            Self::Php => "php",
            Self::CSharp => "csharp",
            Self::Rust => "rust",
            Self::Html => "html",
            Self::Component => "component",
        }
    }

    /// Whether it is one of the three faces of JavaScript.
    pub const fn is_javascript(self) -> bool {
        matches!(self, Self::JavaScript | Self::TypeScript | Self::Tsx)
    }

    /// Its place among [`GRAMMARS`]; a component counts as TypeScript, which reads most of JavaScript as well.
    pub(super) const fn index(self) -> usize {
        match self {
            Self::JavaScript => 0,
            Self::TypeScript | Self::Component => 1,
            Self::Tsx => 2,
            Self::Python => 3,
            Self::Go => 4,
            Self::Java => 5,
            Self::Ruby => 6,
            Self::Php => 7,
            Self::CSharp => 8,
            Self::Rust => 9,
            Self::Html => 10,
        }
    }

    /// The engine's word for it.
    pub(super) const fn grammar(self) -> SupportLang {
        match self {
            Self::JavaScript => SupportLang::JavaScript,
            Self::TypeScript | Self::Component => SupportLang::TypeScript,
            Self::Tsx => SupportLang::Tsx,
            Self::Python => SupportLang::Python,
            Self::Go => SupportLang::Go,
            Self::Java => SupportLang::Java,
            Self::Ruby => SupportLang::Ruby,
            Self::Php => SupportLang::Php,
            Self::CSharp => SupportLang::CSharp,
            Self::Rust => SupportLang::Rust,
            Self::Html => SupportLang::Html,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_the_dialect() {
        let cases = [
            ("src/app.JSX", Some(Dialect::JavaScript)),
            ("a/b.d.ts", None),
            ("a/b.test.ts", Some(Dialect::TypeScript)),
            ("a.b/Rakefile", Some(Dialect::Ruby)),
            ("config.ru", Some(Dialect::Ruby)),
            ("page.vue", Some(Dialect::Component)),
            ("view.phtml", Some(Dialect::Php)),
            ("view.blade.php", None),
            ("Makefile", None),
            (".py", Some(Dialect::Python)),
            ("", None),
        ];
        for (path, dialect) in cases {
            assert_eq!(Dialect::from_path(path), dialect, "{path}");
        }
    }

    #[test]
    fn the_grammars_stand_in_the_order_of_their_index() {
        for (place, dialect) in GRAMMARS.iter().enumerate() {
            assert_eq!(dialect.index(), place, "{}", dialect.name());
        }
    }
}
