//! Makes archives and compressed files, sound ones and others that no tool would make.

use std::io::Write;

/// A header of tar for a file of so many bytes.
pub fn tar_header(name: &[u8], kind: u8, size: u64) -> [u8; 512] {
    let mut header = [0; 512];
    header[..name.len()].copy_from_slice(name);
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    header[156] = kind;
    header[257..265].copy_from_slice(b"ustar\x0000");
    header[148..156].fill(b' ');
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// A member of a tar: header, content, padding.
pub fn tar_member(name: &[u8], kind: u8, content: &[u8]) -> Vec<u8> {
    let mut member = tar_header(name, kind, content.len() as u64).to_vec();
    member.extend_from_slice(content);
    member.resize(member.len().next_multiple_of(512), 0);
    member
}

/// A tar of these files.
pub fn tar(files: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut tar: Vec<u8> = files.iter().flat_map(|(name, content)| tar_member(name, b'0', content)).collect();
    tar.resize(tar.len() + 1024, 0);
    tar
}

/// A member of a zip, and what is to be wrong with it.
#[derive(Clone)]
pub struct Zipped<'a> {
    pub name: &'a [u8],
    /// As stored.
    pub content: Vec<u8>,
    pub method: u16,
    pub flags: u16,
    pub checksum: u32,
}

impl<'a> Zipped<'a> {
    pub fn stored(name: &'a [u8], content: &[u8]) -> Self {
        Self { name, content: content.to_vec(), method: 0, flags: 0, checksum: crc(content) }
    }

    pub fn deflated(name: &'a [u8], content: &[u8]) -> Self {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content).expect("a vector takes everything");
        let packed = encoder.finish().expect("a vector takes everything");
        Self { content: packed, method: 8, ..Self::stored(name, content) }
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A zip of these members; their sizes are all declared as 0xFFFFFFFE.
pub fn zip(members: &[Zipped<'_>]) -> Vec<u8> {
    zip_with_directory(members, 1)
}

/// A zip whose directory names each member so many times.
pub fn zip_with_directory(members: &[Zipped<'_>], times: usize) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let mut fields = Vec::new();
        for field in [20, member.flags, member.method, 0, 0] {
            fields.extend_from_slice(&u16::to_le_bytes(field));
        }
        for field in [member.checksum, member.content.len() as u32, 0xFFFF_FFFE] {
            fields.extend_from_slice(&field.to_le_bytes());
        }
        fields.extend_from_slice(&(member.name.len() as u16).to_le_bytes());
        fields.extend_from_slice(&[0, 0]);
        for _ in 0..times {
            directory.extend_from_slice(b"PK\x01\x02\x14\0");
            directory.extend_from_slice(&fields);
            directory.extend_from_slice(&[0; 10]);
            directory.extend_from_slice(&(zip.len() as u32).to_le_bytes());
            directory.extend_from_slice(member.name);
        }
        zip.extend_from_slice(b"PK\x03\x04");
        zip.extend_from_slice(&fields);
        zip.extend_from_slice(member.name);
        zip.extend_from_slice(&member.content);
    }
    let count = (members.len() * times).min(0xFFFE) as u16;
    let start = zip.len() as u32;
    zip.extend_from_slice(&directory);
    zip.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    zip.extend_from_slice(&[count.to_le_bytes(), count.to_le_bytes()].concat());
    zip.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    zip.extend_from_slice(&start.to_le_bytes());
    zip.extend_from_slice(&[0, 0]);
    zip
}

/// Compresses bytes.
pub type Packer = fn(&[u8]) -> Vec<u8>;

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("a vector takes everything");
    encoder.finish().expect("a vector takes everything")
}

pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).expect("a vector takes everything");
    encoder.finish().expect("a vector takes everything")
}

pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).expect("the options are valid");
    encoder.write_all(bytes).expect("a vector takes everything");
    encoder.finish().expect("a vector takes everything")
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

pub fn lz4(bytes: &[u8]) -> Vec<u8> {
    let info = lz4_flex::frame::FrameInfo::new().content_checksum(true);
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(bytes).expect("a vector takes everything");
    encoder.finish().expect("a vector takes everything")
}
