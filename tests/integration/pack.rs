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

/// As `xz --format=lzma` writes it: the size is not known before.
pub fn lzma(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::LzmaOptions::with_preset(6);
    let mut encoder =
        lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, None).expect("the options are valid");
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

/// A database of SQLite with pages of 512 bytes: tables by name, with their statement and rows of texts. Each
/// row has a page of its own, below one that names them all.
pub fn sqlite(tables: &[(&str, &str, Vec<Vec<&str>>)]) -> Vec<u8> {
    let mut pages = vec![Vec::new()];
    let mut schema = Vec::new();
    for (name, sql, rows) in tables {
        let mut leaves = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let values: Vec<_> =
                row.iter().map(|text| (13 + 2 * text.len() as u64, text.as_bytes())).collect();
            let cell = sqlite_cell(index as u64, &values, &mut pages);
            pages.push(sqlite_page(0, 13, &[cell], 0));
            leaves.push(pages.len() as u32);
        }
        let last = leaves.pop().expect("a table has rows");
        let cells: Vec<_> = leaves.iter().map(|leaf| [&leaf.to_be_bytes()[..], &[1]].concat()).collect();
        pages.push(sqlite_page(0, 5, &cells, last));
        let text = |text: &'static str| (13 + 2 * text.len() as u64, text.as_bytes());
        let name = (13 + 2 * name.len() as u64, name.as_bytes());
        let root = [pages.len() as u8];
        let values = [text("table"), name, name, (1, &root[..]), (13 + 2 * sql.len() as u64, sql.as_bytes())];
        let cell = sqlite_cell(schema.len() as u64, &values, &mut pages);
        schema.push(cell);
    }
    pages[0] = sqlite_page(100, 13, &schema, 0);
    pages[0][..18].copy_from_slice(b"SQLite format 3\0\x02\0");
    pages[0][56..60].copy_from_slice(&[0, 0, 0, 1]);
    pages.concat()
}

fn sqlite_page(header: usize, kind: u8, cells: &[Vec<u8>], last: u32) -> Vec<u8> {
    let mut page = vec![0; 512];
    page[header] = kind;
    page[header + 3..header + 5].copy_from_slice(&(cells.len() as u16).to_be_bytes());
    if kind == 5 {
        page[header + 8..header + 12].copy_from_slice(&last.to_be_bytes());
    }
    let (mut pointer, mut end) = (header + if kind == 5 { 12 } else { 8 }, 512);
    for cell in cells {
        end -= cell.len();
        page[end..end + cell.len()].copy_from_slice(cell);
        page[pointer..pointer + 2].copy_from_slice(&(end as u16).to_be_bytes());
        pointer += 2;
    }
    page
}

/// A cell of a row of these kinds and values; what does not fit goes to pages of its own.
fn sqlite_cell(id: u64, values: &[(u64, &[u8])], pages: &mut Vec<Vec<u8>>) -> Vec<u8> {
    let kinds: Vec<u8> = values.iter().flat_map(|(kind, _)| sqlite_number(*kind)).collect();
    let mut row = [sqlite_number(kinds.len() as u64 + 1), kinds].concat();
    row.extend(values.iter().flat_map(|(_, value)| value.iter().copied()));
    let mut cell = [sqlite_number(row.len() as u64), sqlite_number(id)].concat();
    if row.len() <= 477 {
        cell.extend_from_slice(&row);
        return cell;
    }
    let fitting = 39 + (row.len() - 39) % 508;
    let (here, there) = row.split_at(if fitting <= 477 { fitting } else { 39 });
    cell.extend_from_slice(here);
    cell.extend_from_slice(&(pages.len() as u32 + 1).to_be_bytes());
    let mut chunks = there.chunks(508).peekable();
    while let Some(chunk) = chunks.next() {
        let next = if chunks.peek().is_some() { pages.len() as u32 + 2 } else { 0 };
        let mut page = [&next.to_be_bytes(), chunk].concat();
        page.resize(512, 0);
        pages.push(page);
    }
    cell
}

/// A number as SQLite stores it, of at most 14 bits.
fn sqlite_number(number: u64) -> Vec<u8> {
    if number < 128 { vec![number as u8] } else { vec![(number >> 7) as u8 | 0x80, (number & 0x7F) as u8] }
}
