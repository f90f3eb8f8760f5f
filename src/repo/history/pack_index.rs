//! The index of a pack: which objects lie in it and where.
//!
//! Read by hand and not through a library, because a damaged index must never stop the program: every number in it is
//! checked when it is used. It is held in memory (28 bytes an object), for it is searched all the time.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::id::Id;

/// Largest index that is read, in bytes: about eighteen million objects.
const MAX_BYTES: u64 = 512 << 20;
const MAGIC: &[u8] = b"\xfftOc\0\0\0\x02";
const FAN: usize = 256;
/// The bit that says that an offset stands in the table of long ones.
const LONG: u32 = 1 << 31;

/// An index of version 2, the only one that git has written since 2007.
#[derive(Debug)]
pub(super) struct PackIndex {
    bytes: Vec<u8>,
    fan: Vec<u32>,
}

impl PackIndex {
    /// Reads the index at `path`.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let metadata = std::fs::metadata(path).map_err(|error| error.kind().to_string())?;
        if !metadata.is_file() || metadata.len() > MAX_BYTES {
            return Err(format!("no file of at most {MAX_BYTES} bytes"));
        }
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|error| error.kind().to_string())?;
        file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|error| error.kind().to_string())?;
        Self::parse(bytes)
    }

    fn parse(bytes: Vec<u8>) -> Result<Self, String> {
        if !bytes.starts_with(MAGIC) {
            return Err("no pack index of version 2".to_owned());
        }
        let fan: Option<Vec<u32>> = (0..FAN).map(|at| number(&bytes, MAGIC.len() + 4 * at)).collect();
        let fan = fan.ok_or_else(|| "it is cut short".to_owned())?;
        let index = Self { bytes, fan };
        let sorted = index.fan.is_sorted();
        let least = index.offsets().saturating_add(4 * index.len());
        if !sorted || index.bytes.len() < least {
            return Err("it is damaged".to_owned());
        }
        Ok(index)
    }

    /// How many objects there are.
    pub(super) fn len(&self) -> usize {
        self.fan.last().map_or(0, |count| *count as usize)
    }

    fn names(&self) -> &[[u8; Id::LENGTH]] {
        let from = MAGIC.len() + 4 * FAN;
        self.bytes.get(from..from + Id::LENGTH * self.len()).unwrap_or_default().as_chunks().0
    }

    fn offsets(&self) -> usize {
        MAGIC.len() + 4 * FAN + (Id::LENGTH + 4) * self.len()
    }

    /// The name of object number `at`.
    pub(super) fn id(&self, at: usize) -> Option<Id> {
        self.names().get(at).and_then(|name| Id::from_bytes(name))
    }

    /// Where object number `at` begins in the pack.
    pub(super) fn offset(&self, at: usize) -> Option<u64> {
        let short = number(&self.bytes, self.offsets() + 4 * at)?;
        if short & LONG == 0 {
            return Some(u64::from(short));
        }
        let long = self.offsets() + 4 * self.len() + 8 * (short ^ LONG) as usize;
        Some(u64::from(number(&self.bytes, long)?) << 32 | u64::from(number(&self.bytes, long + 4)?))
    }

    /// The number of the object of this name.
    pub(super) fn find(&self, id: &Id) -> Option<usize> {
        let from = id.first().checked_sub(1).and_then(|before| self.fan.get(before)).map_or(0, |at| *at as usize);
        let to = self.fan.get(id.first()).map_or(0, |at| *at as usize);
        let names = self.names().get(from..to)?;
        names.binary_search(id.as_bytes()).ok().map(|at| from + at)
    }
}

/// The big-endian number at `at`.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(offsets: &[u32]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let count = u32::try_from(offsets.len()).unwrap();
        bytes.extend((0..256_u32).flat_map(|first| if first < 7 { 0 } else { count }.to_be_bytes()));
        for at in 0..offsets.len() {
            let mut name = [7; 20];
            name[19] = u8::try_from(at).unwrap();
            bytes.extend(name);
        }
        bytes.extend(vec![0; 4 * offsets.len()]);
        bytes.extend(offsets.iter().flat_map(|offset| offset.to_be_bytes()));
        bytes.extend((5_u64 << 32).to_be_bytes());
        bytes
    }

    #[test]
    fn objects_are_found_by_name() {
        let index = PackIndex::parse(sample(&[12, 99, LONG, LONG | 9])).unwrap();
        let mut name = [7; 20];
        name[19] = 1;
        let found = index.find(&Id::from_bytes(&name).unwrap()).unwrap();
        assert_eq!((found, index.offset(found), index.id(found).unwrap().as_bytes()), (1, Some(99), &name));
        assert_eq!((index.offset(2), index.offset(3)), (Some(5 << 32), None));
        assert_eq!(index.find(&Id::from_bytes(&[8; 20]).unwrap()), None);
    }

    #[test]
    fn a_damaged_index_is_refused() {
        assert!(PackIndex::parse(b"PACK".to_vec()).is_err());
        let whole = sample(&[1, 2]);
        assert!(PackIndex::parse(whole[..1080].to_vec()).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(at in 0..1200_usize, byte: u8, id: [u8; 20]) {
            let mut bytes = sample(&[1, 2, LONG]);
            let length = bytes.len();
            bytes[at % length] = byte;
            if let Ok(index) = PackIndex::parse(bytes) {
                let _ = index.find(&Id::from_bytes(&id).unwrap());
                for at in 0..index.len().min(1000) {
                    let _ = (index.id(at), index.offset(at));
                }
            }
        }
    }
}
