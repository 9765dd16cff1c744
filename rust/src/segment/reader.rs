//! Reading a segment's file back: its root, its rows and their proofs.

use std::collections::BTreeMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use super::tree::{Node, RowKey, SALT_BYTES, Tree, begin_leaf, hash_data, salt};
use crate::hit::{json_array, segment_schema};

/// A row with the proof that it belongs to the segment.
pub struct Proof {
    pub index: u64,
    pub salt: [u8; SALT_BYTES],
    pub row: String,
    pub path: Vec<Node>,
}

/// Return the root of the rows in a file, and how many there are.
pub fn root(path: &Path, key: &RowKey) -> Result<(Node, u64), String> {
    let tree = Tree::new(leaves(path, key, |_, _| {})?);
    Ok((tree.root(), tree.rows()))
}

/// Return the rows of these indices, ascending and once each, with their paths; or all rows, without paths, for None.
pub fn proofs(path: &Path, key: &RowKey, indices: Option<&[u64]>) -> Result<Vec<Proof>, String> {
    let wanted: Option<BTreeMap<u64, ()>> =
        indices.map(|indices| indices.iter().map(|&index| (index, ())).collect());
    let mut proofs = Vec::new();
    let leaves = leaves(path, key, |index, row| {
        if wanted
            .as_ref()
            .is_none_or(|wanted| wanted.contains_key(&index))
        {
            proofs.push(Proof {
                index,
                salt: salt(key, index),
                row: String::from_utf8_lossy(row).into_owned(),
                path: Vec::new(),
            });
        }
    })?;
    if wanted.is_some() {
        let tree = Tree::new(leaves);
        for proof in &mut proofs {
            proof.path = tree.path(proof.index);
        }
    }
    Ok(proofs)
}

fn leaves(path: &Path, key: &RowKey, mut see: impl FnMut(u64, &[u8])) -> Result<Vec<Node>, String> {
    let file = File::open(path).map_err(|why| why.to_string())?;
    // The reader of damaged Parquet can panic.
    let read = catch_unwind(AssertUnwindSafe(|| {
        let (mut leaves, mut data) = (Vec::new(), Vec::new());
        each_row(file, |row| {
            let index = leaves.len() as u64;
            see(index, row);
            begin_leaf(&salt(key, index), &mut data);
            data.extend_from_slice(row);
            leaves.push(hash_data([data.as_slice()].into_iter())[0]);
        })?;
        Ok(leaves)
    }));
    read.unwrap_or_else(|_| Err("its Parquet is damaged".to_owned()))
}

/// Call `see` with each canonical row, in order.
fn each_row(file: File, mut see: impl FnMut(&[u8])) -> Result<(), String> {
    let damaged = |why: parquet::errors::ParquetError| why.to_string();
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder =
        ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).map_err(damaged)?;
    let (schema, wanted) = (builder.schema(), segment_schema());
    let column = |field: &arrow_schema::FieldRef| (field.name().clone(), field.data_type().clone());
    if !schema
        .fields()
        .iter()
        .map(column)
        .eq(wanted.fields().iter().map(column))
    {
        return Err("its columns are not those of a segment".to_owned());
    }
    let mut text = Vec::new();
    for batch in builder.with_batch_size(8192).build().map_err(damaged)? {
        let batch = batch.map_err(|why| why.to_string())?;
        check_encodings(&batch)?;
        for row in 0..batch.num_rows() {
            text.clear();
            json_array(&batch, row, &mut text);
            see(&text);
        }
    }
    Ok(())
}

/// Check that each row's encoding follows from its bytes. Otherwise a row could pass for another.
fn check_encodings(batch: &RecordBatch) -> Result<(), String> {
    let last = batch.num_columns() - 1;
    let (raws, encodings) = (batch.column(last - 1), batch.column(last));
    let (raws, encodings) = (raws.as_binary::<i32>(), encodings.as_string::<i32>());
    let is_true = |row: usize| {
        let wanted = if std::str::from_utf8(raws.value(row)).is_ok() {
            "utf-8"
        } else {
            "base64"
        };
        raws.is_valid(row) && encodings.is_valid(row) && encodings.value(row) == wanted
    };
    if (0..batch.num_rows()).all(is_true) {
        Ok(())
    } else {
        Err("the encoding of a row is not that of its bytes".to_owned())
    }
}
