//! Bounds for every reader of hostile input, and the one error they share.

use thiserror::Error;

/// What a reader may spend on one file. Hitting a bound is a stated skip, never a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest text, in bytes.
    pub bytes: usize,
    /// Deepest nesting of lists and objects.
    pub depth: usize,
    /// Most nodes in one file, copies of aliases included.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 4 << 20, depth: 128, nodes: 400_000 }
    }
}

/// Why a text could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct FormatError {
    /// What is wrong, as a lower-case fragment without a final stop.
    pub message: String,
    /// Byte offset of the fault, where known.
    pub offset: Option<usize>,
}

impl FormatError {
    /// A fault at a place.
    pub fn at(message: impl Into<String>, offset: usize) -> Self {
        Self { message: message.into(), offset: Some(offset) }
    }

    /// A fault of the whole text.
    pub fn whole(message: impl Into<String>) -> Self {
        Self { message: message.into(), offset: None }
    }

    /// The text is longer than `limits` allow.
    pub fn check_size(text: &str, limits: &Limits) -> Result<(), Self> {
        if text.len() > limits.bytes {
            return Err(Self::whole(format!("larger than {} bytes", limits.bytes)));
        }
        Ok(())
    }
}
