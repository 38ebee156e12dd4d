"""Reading on in a log whatever happens to its files. Each test says what happened between two readings."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from wizard.caddy.access_files import Piece, Position, Unreadable, next_piece
from wizard.caddy.logs import log_file

DOMAIN = "plex.example.com"


class Reader:
    """Reads on and remembers where it was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = Path(log_file(str(folder), DOMAIN))
        self.position = Position()
        self.lost_track = 0

    def write(self, *texts: str) -> None:
        with self.path.open("a") as file:
            file.write("".join(texts))

    def roll(self, number: int, reason: str = "-size") -> Path:
        stamp = f"-2026-11-25T22-46-{number:02d}.000{reason}"
        rolled = self.path.with_name(f"{self.path.stem}{stamp}.json")
        self.path.rename(rolled)
        self.path.touch()
        return rolled

    def read(self, most: int = 1_000) -> list[str]:
        found: list[str] = []
        while (piece := next_piece(str(self.folder), DOMAIN, self.position, most)) is not None:
            assert isinstance(piece, Piece)
            self.position = piece.after
            self.lost_track += piece.lost_track
            found += bytes(piece.data).decode().splitlines()
        return found


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def test_no_log_yet_is_nothing_new(reader: Reader) -> None:
    assert reader.read() == []
    reader.path.touch()
    assert reader.read() == []


def test_what_was_read_is_not_read_again(reader: Reader) -> None:
    reader.write("one\n", "two\n")
    assert reader.read() == ["one", "two"]
    assert reader.read() == []
    reader.write("three\n")
    assert reader.read() == ["three"]


def test_a_line_without_its_end_waits(reader: Reader) -> None:
    reader.write("one\n", "tw")
    assert reader.read() == ["one"]
    reader.write("o\n")
    assert reader.read() == ["two"]


def test_pieces_end_with_a_line(reader: Reader) -> None:
    reader.write(*(f"line {number}\n" for number in range(100)))
    assert reader.read(most=50) == [f"line {number}" for number in range(100)]


def test_a_roll_loses_nothing(reader: Reader) -> None:
    reader.write("one\n")
    assert reader.read() == ["one"]
    reader.write("two\n")
    reader.roll(1)
    reader.write("three\n")
    assert reader.read() == ["two", "three"]
    assert reader.lost_track == 0


def test_many_rolls_are_read_in_their_order(reader: Reader) -> None:
    for number in range(5):
        reader.write(f"{number} a\n", f"{number} b\n")
        reader.roll(number, "-size" if number % 2 else "-time")
    reader.write("last\n")
    assert reader.read(most=6) == [f"{number} {letter}" for number in range(5) for letter in "ab"] + ["last"]
    assert reader.read() == []


def test_the_last_words_of_a_rolled_file_count_although_they_have_no_end(reader: Reader) -> None:
    reader.write("one\n", "tw")
    reader.roll(1)
    reader.write("three\n")
    assert reader.read() == ["one", "tw", "three"]


def test_a_log_that_was_cut_begins_anew(reader: Reader) -> None:
    reader.write("a long first line\n", "two\n")
    assert reader.read() == ["a long first line", "two"]
    os.truncate(reader.path, 0)
    reader.write("three\n")
    assert reader.read() == ["three"]
    assert reader.lost_track == 1


def test_a_log_that_was_cut_and_grew_longer_than_before_is_noticed(reader: Reader) -> None:
    reader.write("one\n")
    assert reader.read() == ["one"]
    os.truncate(reader.path, 0)
    reader.write("two\n", "three\n", "four\n")
    assert reader.read() == ["two", "three", "four"]


def test_a_log_that_was_copied_and_cut_is_finished_in_the_copy(reader: Reader) -> None:
    reader.write("one\n")
    assert reader.read() == ["one"]
    reader.write("two\n")
    shutil.copy(reader.path, f"{reader.path}.1")
    os.truncate(reader.path, 0)
    reader.write("three\n")
    assert reader.read() == ["two", "three"]
    assert reader.lost_track == 0


def test_a_roll_after_the_clock_was_set_back_loses_nothing(reader: Reader) -> None:
    reader.write("one\n")
    reader.roll(30)
    reader.write("two\n")
    assert reader.read() == ["one", "two"]
    reader.write("three\n")
    reader.roll(10)
    reader.write("four\n")
    assert reader.read() == ["three", "four"]


def test_a_file_thrown_away_before_it_was_read_is_told_and_reading_goes_on(reader: Reader) -> None:
    reader.write("one\n")
    assert reader.read() == ["one"]
    reader.write("two\n")
    reader.roll(1).unlink()
    reader.write("three\n")
    assert reader.read() == ["three"]
    assert reader.lost_track == 1


def test_the_same_inode_with_other_lines_is_another_file(reader: Reader) -> None:
    reader.write("one\n")
    assert reader.read() == ["one"]
    reader.path.write_text("other\n")
    assert reader.read() == ["other"]


def test_a_compressed_roll_and_the_log_of_another_host_are_left_alone(reader: Reader) -> None:
    reader.path.with_name(f"{reader.path.stem}-2026-11-25T22-46-01.000-size.json.gz").write_bytes(b"\x1f\x8b")
    reader.path.with_name("access-plex.example.com-too.example.org.json").write_text("not ours\n")
    reader.write("one\n")
    assert reader.read() == ["one"]


def test_what_waits_behind_a_piece_is_told(reader: Reader) -> None:
    reader.write("one\n", "two\n")
    reader.roll(1)
    reader.write("three\n")
    piece = next_piece(str(reader.folder), DOMAIN, Position(), 5)
    assert isinstance(piece, Piece)
    assert (piece.data, piece.left_bytes) == (b"one\n", len("two\nthree\n"))


def test_a_log_that_may_not_be_read_is_a_value(tmp_path: Path) -> None:
    Path(log_file(str(tmp_path), DOMAIN)).mkdir()  # root may read everything, but nobody reads a folder
    found = next_piece(str(tmp_path), DOMAIN, Position())
    assert isinstance(found, Unreadable)
    assert found.reason == "Is a directory"
