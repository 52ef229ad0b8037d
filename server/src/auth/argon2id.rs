//! Argon2id (RFC 9106) in memory that is used again. The parameters are OWASP's; what it computes is the crate's.
//!
//! Leaves nothing there: from the first blocks of a hash a password can be guessed at without the work that Argon2 asks
//! of whoever guesses.

use std::cell::RefCell;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{Error, Result};
use argon2::{Algorithm, Argon2, Block, CustomizedPasswordHasher, Params, PasswordHasher, Version};
use zeroize::Zeroize;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes and, by the crate's own implementation for whatever hashes, verifies.
pub(super) struct Argon2id<'m> {
    /// Grows to what the parameters ask for. All zeros but while a hash is computed.
    memory: RefCell<&'m mut Vec<Block>>,
}

impl<'m> Argon2id<'m> {
    pub(super) fn in_memory(memory: &'m mut Vec<Block>) -> Self {
        Self { memory: RefCell::new(memory) }
    }

    fn hash(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Algorithm,
        version: Version,
        params: Params,
    ) -> Result<PasswordHash> {
        let salt = Salt::new(salt)?;
        let mut output = [0; Output::MAX_LENGTH];
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let output = output.get_mut(..length).ok_or(Error::OutputSize)?;
        let mut memory = self.memory.borrow_mut();
        let blocks = params.block_count();
        if memory.len() < blocks {
            memory.resize(blocks, Block::new());
        }
        let argon2 = Argon2::new(algorithm, version, params.clone());
        let hashed = argon2.hash_password_into_with_memory(password, &salt, output, &mut memory[..blocks]);
        memory[..blocks].iter_mut().zeroize();
        hashed?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(salt),
            hash: Some(Output::new(output)?),
        })
    }
}

impl CustomizedPasswordHasher<PasswordHash> for Argon2id<'_> {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<u32>,
        params: Params,
    ) -> Result<PasswordHash> {
        let algorithm = algorithm.map(Algorithm::try_from).transpose()?.unwrap_or_default();
        let version = version.map(Version::try_from).transpose()?.unwrap_or_default();
        self.hash(password, salt, algorithm, version, params)
    }
}

impl PasswordHasher<PasswordHash> for Argon2id<'_> {
    fn hash_password_with_salt(&self, password: &[u8], salt: &[u8]) -> Result<PasswordHash> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are within Argon2's bounds");
        self.hash(password, salt, Algorithm::Argon2id, Version::V0x13, params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::PasswordVerifier;

    /// Other parameters than ours: what was hashed by an older version must still be checked.
    fn other() -> Argon2<'static> {
        let params = Params::new(64, 3, 2, Some(24)).expect("parameters");
        Argon2::new(Algorithm::Argon2i, Version::V0x10, params)
    }

    #[test]
    fn it_agrees_with_the_crate_and_leaves_its_memory_empty() {
        let mut memory = Vec::new();
        let (password, salt) = (b"correct horse", b"0123456789abcdef");
        for _ in 0..2 {
            let ours = Argon2id::in_memory(&mut memory).hash_password_with_salt(password, salt).expect("hashed");
            let crate_s = Argon2::new(
                Algorithm::Argon2id,
                Version::V0x13,
                Params::new(MEMORY_KIB, PASSES, LANES, None).expect("parameters"),
            );
            assert_eq!(ours.to_string(), crate_s.hash_password_with_salt(password, salt).expect("hashed").to_string());

            let older = other().hash_password_with_salt(password, salt).expect("hashed");
            let verify = |password: &[u8], memory: &mut Vec<Block>| {
                Argon2id::in_memory(memory).verify_password(password, &older).is_ok()
            };
            assert!(verify(password, &mut memory));
            assert!(!verify(b"correct hors", &mut memory));
            assert_eq!(memory.len(), Params::new(MEMORY_KIB, PASSES, LANES, None).expect("parameters").block_count());
            assert!(memory.iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
        }
    }
}
