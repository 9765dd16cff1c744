//! Reading chunks on one thread: frames into records, records into hits. Bytes that match nothing are dropped here.

use std::sync::Arc;

use super::chunk::{Body, Chunk};
use super::order::{ChunkResult, Hits};
use super::rows::Rows;
use super::run::{Exhibit, ScanError};
use super::tally::{RejectAt, Tally};
use crate::canonical::{HostKind, Page, address_key, answer, host, page};
use crate::frames::{Framing, Span, without_bom};
use crate::hit::{Meaning, Visit};
use crate::indicator::IndicatorKind;
use crate::list::{
    CompiledList, Entry, Fault, Match, Prober, Subject, Verdict, VisitTime, matches_server,
};
use crate::program::{Options, Outcome, Reader, Record};
use crate::reject_code::RejectCode;
use crate::segment::{Packer, Row, hex};

/// A list, with what this scan knows about it.
pub struct ScanList {
    pub list: Arc<CompiledList>,
    pub issuer: Option<String>,
    /// The category of the signature, for statements without one.
    pub category: Option<String>,
}

/// What the scan matches records against.
pub struct Matching {
    pub lists: Vec<ScanList>,
    /// The value or id of the indicator whose server wrote these logs.
    pub all_hits_of: Option<String>,
    pub digest_key: Option<Vec<u8>>,
}

impl Matching {
    /// Whether the fast path can show that a record matches nothing.
    fn allows_fast_path(&self) -> bool {
        let has_digests = |scan_list: &ScanList| scan_list.list.count(IndicatorKind::Digest) > 0;
        self.all_hits_of.is_none() && !self.lists.iter().any(has_digests)
    }

    /// Whether any list holds addresses or networks.
    fn has_addresses(&self) -> bool {
        let of_addresses = [IndicatorKind::Ip, IndicatorKind::Cidr];
        let counts = |scan_list: &ScanList| {
            of_addresses
                .iter()
                .any(|&kind| scan_list.list.count(kind) > 0)
        };
        self.lists.iter().any(counts)
    }

    /// Whether any list needs paths. If not, paths are read only for hits.
    fn needs_paths(&self) -> bool {
        let of_pages = [
            IndicatorKind::Url,
            IndicatorKind::UrlPrefix,
            IndicatorKind::Digest,
        ];
        let counts =
            |scan_list: &ScanList| of_pages.iter().any(|&kind| scan_list.list.count(kind) > 0);
        self.all_hits_of.is_some() || self.lists.iter().any(counts)
    }
}

/// One list in one thread.
struct ListProbe<'j> {
    scan_list: &'j ScanList,
    prober: Prober<'j>,
    /// The indicators of `--all-hits-of` in this list.
    servers: Vec<Entry<'j>>,
}

/// The form in which hits are collected for their output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Rows,
    Packed,
}

/// Reads chunks of one exhibit.
pub struct Worker<'j> {
    reader: Reader,
    framing: Framing,
    options: &'j Options,
    needs_paths: bool,
    /// Use the fast path. It needs lists without digests, and does not work with `--all-hits-of`.
    allows_fast_path: bool,
    needs_destination: bool,
    list_probes: Vec<ListProbe<'j>>,
    subject: Subject,
    url: Vec<u8>,
    matches: Vec<Match>,
    output: ChunkOutput<'j>,
}

/// The output of a chunk so far.
#[derive(Default)]
struct ChunkOutput<'j> {
    rows: Rows,
    /// The packer, if hits are packed.
    packer: Option<Box<Packer<'j>>>,
    rejects: Vec<RejectAt>,
    tally: Tally,
}

/// A frame and its position.
#[derive(Clone, Copy)]
struct Frame<'f> {
    /// Without its line end or length.
    raw: &'f [u8],
    byte_offset: u64,
    lines_before: u64,
    member: Option<&'f str>,
}

impl<'j> Worker<'j> {
    pub fn new(
        exhibit: &Exhibit,
        options: &'j Options,
        matching: &'j Matching,
        form: Form,
    ) -> Result<Self, ScanError> {
        let list_probes = matching.lists.iter().map(|scan_list| {
            let servers = match &matching.all_hits_of {
                Some(text) => scan_list.list.find(text).map_err(list_error)?,
                None => Vec::new(),
            };
            let prober = Prober::new(&scan_list.list, matching.digest_key.as_deref());
            Ok(ListProbe {
                scan_list,
                prober,
                servers,
            })
        });
        Ok(Worker {
            reader: Reader::new(&exhibit.program, options),
            framing: exhibit.program.framing(options.max_frame_bytes),
            needs_destination: matching.has_addresses(),
            options,
            needs_paths: matching.needs_paths(),
            allows_fast_path: matching.allows_fast_path(),
            list_probes: list_probes.collect::<Result<_, ScanError>>()?,
            subject: Subject::default(),
            url: Vec::new(),
            matches: Vec::new(),
            output: ChunkOutput {
                packer: (form == Form::Packed).then(Box::default),
                ..ChunkOutput::default()
            },
        })
    }

    /// Read all frames of a chunk.
    pub fn read(&mut self, chunk: &Chunk) -> Result<ChunkResult, ScanError> {
        match &chunk.body {
            Body::Frames { buffer, length } => {
                self.reader.set_first_day(chunk.first_day);
                self.reader.begin(chunk.header.as_deref());
                self.read_frames(chunk, buffer, *length)?;
            }
            Body::Reject {
                code,
                length,
                lines,
            } => {
                self.output.tally.frames = 1;
                self.output.tally.lines = *lines;
                self.output
                    .push_reject(*code, chunk.byte_offset, *length, &[]);
            }
        }
        let output = &mut self.output;
        let hits = match &mut output.packer {
            Some(packer) => Hits::Packed(packer.take()),
            None => Hits::Rows(Box::new(std::mem::take(&mut output.rows))),
        };
        Ok(ChunkResult {
            member: chunk.member.clone(),
            opens_member: chunk.opens_member,
            hits,
            rejects: std::mem::take(&mut output.rejects),
            tally: std::mem::take(&mut output.tally),
        })
    }

    /// Read the frames of `buffer[..length]`: most on the fast path, the others with the full reader.
    fn read_frames(
        &mut self,
        chunk: &Chunk,
        buffer: &[u8],
        length: usize,
    ) -> Result<(), ScanError> {
        let (mut start, mut lines_before) = (0, 0);
        while start < length {
            // The first frame of a member can have a BOM.
            let uses_fast_path = self.allows_fast_path && chunk.byte_offset + start as u64 > 0;
            let passed = if uses_fast_path {
                self.pass_over(buffer, start)?
            } else {
                None
            };
            (start, lines_before) = match passed {
                Some(next) => (next, lines_before + 1),
                None => {
                    let span = self.read_whole(chunk, &buffer[..length], start, lines_before)?;
                    (span.next, lines_before + span.lines)
                }
            };
        }
        Ok(())
    }

    /// Count the record at `start` if the fast path shows that it matches nothing, and return where the next frame begins.
    /// Returns None, and counts nothing, if only the full reader can decide.
    #[inline(always)]
    fn pass_over(&mut self, buffer: &[u8], start: usize) -> Result<Option<usize>, ScanError> {
        let Some(record) = self.reader.read_fast(buffer, start, self.needs_destination) else {
            return Ok(None);
        };
        for list_probe in &mut self.list_probes {
            let host = record.host.as_ref();
            let may_match = list_probe
                .prober
                .may_match(buffer, host, record.destination);
            if may_match.map_err(list_error)? {
                return Ok(None);
            }
        }
        let tally = &mut self.output.tally;
        tally.frames += 1;
        tally.lines += 1;
        tally.records += 1;
        tally.sketch.add(
            record.timestamp_us,
            &buffer[start..record.end],
            record.source,
            record.user_agent.map(|(start, end)| &buffer[start..end]),
        );
        Ok(Some(record.next))
    }

    /// Read the frame at `start` with the full reader and return where it lies.
    #[inline(never)]
    fn read_whole(
        &mut self,
        chunk: &Chunk,
        bytes: &[u8],
        start: usize,
        lines_before: u64,
    ) -> Result<Span, ScanError> {
        let opens_member = chunk.byte_offset + start as u64 == 0;
        let span = self.framing.find_frame(bytes, start, opens_member);
        let frame = Frame {
            raw: &bytes[span.start..span.end],
            byte_offset: chunk.byte_offset + span.start as u64,
            lines_before,
            member: chunk.member.as_deref(),
        };
        self.output.tally.lines += span.lines;
        let is_ended = self.framing.needs_end() || span.end < bytes.len();
        self.read_frame(frame, span.is_control, is_ended)?;
        Ok(span)
    }

    /// `is_ended`: a line end, or the length of a frame stream, shows that the frame is whole.
    fn read_frame(
        &mut self,
        frame: Frame<'_>,
        is_control: bool,
        is_ended: bool,
    ) -> Result<(), ScanError> {
        let tally = &mut self.output.tally;
        tally.frames += 1;
        let text = if frame.byte_offset == 0 {
            without_bom(frame.raw)
        } else {
            frame.raw
        };
        let outcome = match frame.raw.len() {
            // The BOM counts (ADR 3, Frames), but the reader does not see it.
            length if length > self.options.max_frame_bytes => {
                Outcome::Reject(RejectCode::FrameTooLong)
            }
            _ if is_control => self.reader.control(text),
            _ if is_ended => self.reader.read(text),
            _ => self.reader.read_unended(text),
        };
        match outcome {
            Outcome::Comment => tally.comments += 1,
            Outcome::Reject(code) => {
                self.output
                    .push_reject(code, frame.byte_offset, frame.raw.len() as u64, frame.raw);
            }
            Outcome::Record(record) => {
                tally.records += 1;
                tally.sketch.add(
                    record.timestamp_us(),
                    text,
                    record.source_ip().map(address_key),
                    record.user_agent().as_deref(),
                );
                let matcher = RecordMatcher {
                    record: &record,
                    frame,
                    options: self.options,
                    needs_paths: self.needs_paths,
                    subject: &mut self.subject,
                    url: &mut self.url,
                    matches: &mut self.matches,
                    output: &mut self.output,
                };
                matcher
                    .match_lists(&mut self.list_probes)
                    .map_err(list_error)?;
            }
        }
        Ok(())
    }
}

impl ChunkOutput<'_> {
    fn push_reject(&mut self, code: RejectCode, byte_offset: u64, length: u64, frame: &[u8]) {
        self.rejects.push(RejectAt {
            code,
            byte_offset,
            length,
        });
        self.tally.count_reject(code, frame);
    }
}

/// Matches one record against the lists and pushes its hits.
struct RecordMatcher<'w, 'r, 'j> {
    record: &'w Record<'r>,
    frame: Frame<'w>,
    options: &'w Options,
    needs_paths: bool,
    subject: &'w mut Subject,
    /// Room for a url.
    url: &'w mut Vec<u8>,
    matches: &'w mut Vec<Match>,
    output: &'w mut ChunkOutput<'j>,
}

impl<'j> RecordMatcher<'_, '_, 'j> {
    fn match_lists(mut self, list_probes: &mut [ListProbe<'j>]) -> Result<(), Fault> {
        self.fill_subject(self.needs_paths);
        let (mut hits, mut is_complete) = (0, self.needs_paths);
        for list_probe in list_probes {
            self.matches.clear();
            list_probe.prober.probe(self.subject, self.matches)?;
            let servers = list_probe
                .servers
                .iter()
                .filter(|server| matches_server(server, &self.subject.page));
            self.matches.extend(servers.map(|server| server.matched));
            if self.matches.is_empty() {
                continue;
            }
            if !is_complete {
                self.fill_subject(true);
                is_complete = true;
            }
            list_probe.scan_list.list.sort_matches(self.matches)?;
            hits += self.push_rows(list_probe.scan_list)?;
        }
        self.output.tally.hits += hits;
        self.output.tally.hit_records += u64::from(hits > 0);
        Ok(())
    }

    /// Fill the subject with what the record has that can match, in canonical form.
    fn fill_subject(&mut self, need_path: bool) {
        let record = self.record;
        page(&record.page_parts(), need_path, &mut self.subject.page);
        self.subject.destination = record
            .destination_ip()
            .map(|ip| (ip, record.destination_port()));
        let digests = &mut self.subject.digests;
        digests.clear();
        record.each_digest(|digest| digests.push(digest.to_owned()));
        let names = &mut self.subject.names;
        names.clear();
        record.each_name(|name| {
            let mut one = Page {
                port_is_default: true,
                ..Page::default()
            };
            one.host_kind = match record.is_dns() {
                true => answer(name, &mut one.host),
                false => host(name, &mut one.host),
            };
            if one.host_kind != HostKind::None {
                names.push(one);
            }
        });
    }

    /// Push a row for each match that a statement covers. Returns how many.
    fn push_rows(&mut self, scan_list: &'j ScanList) -> Result<u64, Fault> {
        let record = self.record;
        let uncertainty_s = self.options.clock_uncertainty_s + i64::from(record.fold_s());
        let url = &mut *self.url;
        url.clear();
        let has_url = self.subject.page.write_url(url);
        let (user_agent, referrer, user) = (record.user_agent(), record.referrer(), record.user());
        let (dns_type, dns_action, record_kind) =
            (record.dns_type(), record.dns_action(), record.record_kind());
        let visit = Visit {
            timestamp_us: record.timestamp_us(),
            timestamp_original: Some(record.timestamp_original()),
            uncertainty_s,
            source: (record.source_ip(), record.source_port()),
            destination: (record.destination_ip(), record.destination_port()),
            host: (self.subject.page.host_kind != HostKind::None)
                .then_some(&self.subject.page.host),
            url: has_url.then_some(url),
            method: record.method(),
            status: record.status(),
            bytes: record.bytes(),
            user_agent: user_agent.as_deref(),
            referrer: referrer.as_deref(),
            user: user.as_deref(),
            dns_type: dns_type.as_deref(),
            dns_action: dns_action.as_deref(),
            record_kind: record_kind.as_deref(),
            byte_offset: self.frame.byte_offset,
            raw: self.frame.raw,
        };
        let output = &mut *self.output;
        let mut sink = match &mut output.packer {
            Some(packer) => {
                let row = packer.visit(&visit, self.frame.lines_before, self.frame.member);
                HitTarget::Packed(packer, row)
            }
            None => HitTarget::Rows(&mut output.rows, &visit, self.frame.lines_before),
        };
        let time = VisitTime::new(
            record.timestamp_us(),
            uncertainty_s,
            self.options.before_us,
            self.options.after_us,
        );
        let mut hits = 0;
        for &matched in self.matches.iter() {
            match scan_list.list.verdict(matched, time)? {
                Verdict::Outside => output.tally.outside_window += 1,
                covered => {
                    sink.push(scan_list, matched, covered)?;
                    hits += 1;
                }
            }
        }
        Ok(hits)
    }
}

/// Where the hits of one visit go.
enum HitTarget<'k, 'j> {
    Rows(&'k mut Rows, &'k Visit<'k>, u64),
    Packed(&'k mut Packer<'j>, Row),
}

impl<'j> HitTarget<'_, 'j> {
    fn push(
        &mut self,
        scan_list: &'j ScanList,
        matched: Match,
        verdict: Verdict<'j>,
    ) -> Result<(), Fault> {
        let Verdict::Covered {
            opinion,
            category,
            vouched,
        } = verdict
        else {
            return Ok(());
        };
        let category = category.or(scan_list.category.as_deref());
        let with_meaning = |keep: &mut dyn FnMut(&Meaning<'_>)| {
            let entry = scan_list.list.entry(matched)?;
            keep(&Meaning {
                indicator_id: &hex(&entry.indicator_id),
                indicator_kind: entry.kind.name(),
                indicator: entry.value,
                category,
                list_id: &scan_list.list.meta().list_id,
                issuer: scan_list.issuer.as_deref(),
                opinion: opinion.name(),
                vouched,
            });
            Ok(())
        };
        match self {
            HitTarget::Rows(rows, visit, lines_before) => {
                with_meaning(&mut |meaning| rows.push(visit, meaning, *lines_before))
            }
            HitTarget::Packed(packer, row) => {
                let list = std::ptr::from_ref(scan_list).addr();
                let key = (list, matched.entry, opinion, category, vouched);
                let meaning = packer.meaning(key, with_meaning)?;
                packer.push(row, meaning);
                Ok(())
            }
        }
    }
}

fn list_error(fault: Fault) -> ScanError {
    ScanError::List(fault.to_string())
}
