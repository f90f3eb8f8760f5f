//! Where reports go: standard output, or a file that is written whole or not at all.

use std::path::{Path, PathBuf};

use crate::cli::Refusal;
use crate::cli::messages;
use crate::rule::id::hint;

/// The formats of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
    Sarif,
    Html,
    Markdown,
    Github,
    Gitlab,
    Junit,
    Badge,
    Shields,
}

impl Format {
    /// Whether it tells what changed since an earlier report.
    const fn compares(self) -> bool {
        matches!(self, Self::Text | Self::Html | Self::Markdown)
    }

    /// Whether its places are links.
    const fn links(self) -> bool {
        matches!(self, Self::Html | Self::Markdown)
    }
}

const FORMATS: &[(&str, Format)] = &[
    ("text", Format::Text),
    ("json", Format::Json),
    ("sarif", Format::Sarif),
    ("html", Format::Html),
    ("markdown", Format::Markdown),
    ("github", Format::Github),
    ("gitlab", Format::Gitlab),
    ("junit", Format::Junit),
    ("badge", Format::Badge),
    ("shields", Format::Shields),
];

/// Refuses options that none of the reports would heed.
pub(crate) fn heeded(targets: &[Target], previous: bool, source_url: bool) -> Result<(), Refusal> {
    let given =
        [(previous, "--previous", Format::compares as fn(Format) -> bool), (source_url, "--source-url", Format::links)];
    for (_, option, heeds) in given.into_iter().filter(|(given, ..)| *given) {
        if !targets.iter().any(|target| heeds(target.format)) {
            let able: Vec<&str> = FORMATS.iter().filter(|(_, format)| heeds(*format)).map(|(name, _)| *name).collect();
            let able = able.join(", ");
            return Err(Refusal(format!("{option} changes nothing here: only these formats heed it: {able}")));
        }
    }
    Ok(())
}

/// One report to write.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) format: Format,
    pub(crate) file: Option<PathBuf>,
}

/// Reads `FORMAT` or `FORMAT=FILE`.
pub(crate) fn target(written: &str) -> Result<Target, Refusal> {
    let (name, file) = match written.split_once('=') {
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (written, None),
    };
    let names = || FORMATS.iter().map(|(name, _)| *name);
    let format = FORMATS.iter().find(|(known, _)| *known == name).map(|(_, format)| *format).ok_or_else(|| {
        let hint = hint(name, names());
        Refusal(format!("there is no format `{name}`{hint} (formats: {})", names().collect::<Vec<_>>().join(", ")))
    })?;
    Ok(Target { format, file })
}

/// Refuses targets that would overwrite one another.
pub(crate) fn targets(written: &[String]) -> Result<Vec<Target>, Refusal> {
    let targets = written.iter().map(|one| target(one)).collect::<Result<Vec<_>, _>>()?;
    for (at, one) in targets.iter().enumerate() {
        if targets.iter().take(at).any(|other| other.file == one.file) {
            let place = one.file.as_ref().map_or("standard output".to_owned(), |file| file.display().to_string());
            return Err(Refusal(format!(
                "two reports would go to {place}: give one of them a file, `--format json=FILE`"
            )));
        }
    }
    Ok(targets)
}

/// The text of a file of the user's own: configuration, baseline.
pub(crate) fn read_text(file: &Path) -> std::io::Result<String> {
    std::fs::read_to_string(file)
}

/// Writes a report about the folder `root`: to a temporary file beside the target, then renamed.
pub(crate) fn write(target: &Target, text: &str, root: &Path) -> Result<(), Refusal> {
    let Some(file) = &target.file else {
        match target.format {
            Format::Text => messages::print_in_colour(text, root),
            _ => messages::print(text),
        }
        return Ok(());
    };
    write_file(file, text).map_err(|error| Refusal(format!("the report {} cannot be written: {error}", file.display())))
}

/// Writes a file whole, or leaves it as it was.
pub(crate) fn write_file(file: &Path, text: &str) -> std::io::Result<()> {
    let name = file.file_name().ok_or_else(|| std::io::Error::other("it names no file"))?;
    if file.is_dir() {
        return Err(std::io::Error::other("it is a folder"));
    }
    let temporary = file.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let written = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, file));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// Writes a file that does not exist yet, with the folders above it; one that appeared in between is left alone.
pub(crate) fn create_file(file: &Path, text: &str) -> std::io::Result<()> {
    let name = file.file_name().ok_or_else(|| std::io::Error::other("it names no file"))?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let temporary = file.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    // A link is made whole or not at all, and never over something that is there.
    let written = std::fs::write(&temporary, text).and_then(|()| match std::fs::hard_link(&temporary, file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists && !file.exists() => {
            std::fs::rename(&temporary, file)
        }
        other => other,
    });
    let _ = std::fs::remove_file(&temporary);
    written
}
