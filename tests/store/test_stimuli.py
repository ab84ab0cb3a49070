"""The image decoder, against Pillow as a second reader."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from gazeapp.errors import DamagedSession, UnreadableImage
from gazeapp.store.stimuli import StimulusStore, decode_image, find_images, image_size

PICTURE = np.kron(np.random.default_rng(0).integers(0, 255, (6, 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)
LOSSLESS = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95}}


def encode(picture, kind: str, **options) -> bytes:
    target = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(target, kind, **{**LOSSLESS.get(kind, {}), **options})
    return target.getvalue()


def as_pillow_sees_it(data: bytes) -> np.ndarray:
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
def test_pixels_are_those_another_reader_sees(kind):
    data = encode(PICTURE, kind)
    image = decode_image(data, name="a")
    np.testing.assert_array_equal(image.rgb, as_pillow_sees_it(data))
    assert (image.width_px, image.height_px) == (64, 48)
    assert image.stimulus_id == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_turns_are_carried_out(kind, orientation, tmp_path):
    exif = Image.Exif()
    exif[0x112] = orientation
    data = encode(PICTURE, kind, exif=exif)
    np.testing.assert_array_equal(decode_image(data).rgb, as_pillow_sees_it(data))
    (tmp_path / "a").write_bytes(data)
    assert image_size(tmp_path / "a") == ((64, 48) if orientation < 5 else (48, 64))


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1"])
def test_grey_palettes_and_bitmaps_become_rgb(mode):
    data = encode(Image.fromarray(PICTURE).convert(mode), "PNG")
    np.testing.assert_array_equal(decode_image(data).rgb, as_pillow_sees_it(data))


def test_cmyk_becomes_rgb():
    data = encode(Image.fromarray(PICTURE).convert("CMYK"), "JPEG")
    assert np.abs(decode_image(data).rgb.astype(int) - PICTURE).mean() < 3


def test_16_bit_values_are_scaled_to_8():
    values = np.array([[0, 128, 129, 257 * 200 + 100, 65535]], np.uint16)
    data = encode(Image.fromarray(values), "PNG")
    np.testing.assert_array_equal(decode_image(data).rgb[0, :, 0], [0, 0, 1, 200, 255])


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_transparent_parts_show_the_background(kind):
    alpha = np.full((48, 64, 1), 64, np.uint8)
    data = encode(np.dstack([PICTURE, alpha]), kind)
    expected = np.rint(PICTURE * (64 / 255) + np.array([10, 20, 30]) * (191 / 255))
    found = decode_image(data, background=(10, 20, 30)).rgb.astype(float)
    assert np.abs(found - expected).max() <= (1 if kind == "TIFF" else 0)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP"])
def test_the_first_picture_of_an_animation_is_taken_with_a_warning(kind, caplog):
    first = Image.fromarray(PICTURE)
    data = encode(first, kind, save_all=True, append_images=[Image.fromarray(255 - PICTURE)])
    np.testing.assert_array_equal(decode_image(data, name="moving").rgb, PICTURE)
    assert "moving" in caplog.text


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
@pytest.mark.parametrize("kept", [0, 0.01, 0.3, 0.5, 0.9, 0.99])
def test_a_cut_file_is_refused(kind, kept, capfd):
    data = encode(PICTURE, kind)
    with pytest.raises(UnreadableImage, match=r"cut\.png"):
        decode_image(data[: int(len(data) * kept)], name="cut.png")
    assert capfd.readouterr().err == ""


def test_a_huge_image_is_refused_before_it_is_decoded():
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunks = b""
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")):
        chunks += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    with pytest.raises(UnreadableImage, match=r"60000 × 60000 px .* 64 million"):
        decode_image(b"\x89PNG\r\n\x1a\n" + chunks, name="bomb.png")


def test_a_flipped_byte_in_a_png_is_refused():
    data = bytearray(encode(PICTURE, "PNG"))
    data[len(data) // 2] ^= 1
    with pytest.raises(UnreadableImage, match="checksum"):
        decode_image(bytes(data))


def test_text_is_no_image(tmp_path):
    (tmp_path / "notes.png").write_text("hello")
    with pytest.raises(UnreadableImage, match=r"notes\.png.*PNG, JPEG"):
        decode_image(tmp_path / "notes.png")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableImage, match=r"gone\.png"):
        decode_image(tmp_path / "gone.png")


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM"]),
    position=st.floats(0, 1, exclude_max=True),
    value=st.binary(min_size=1, max_size=8),
)
def test_damage_gives_pixels_or_unreadable_image_and_nothing_else(kind, position, value):
    data = bytearray(encode(PICTURE, kind))
    start = int(position * len(data))
    data[start : start + len(value)] = value
    try:
        image = decode_image(bytes(data), max_pixels=1_000_000)
    except UnreadableImage:
        return
    assert image.rgb.dtype == np.uint8
    assert image.rgb.ndim == 3


def test_the_same_image_is_kept_once(tmp_path):
    (tmp_path / "a.png").write_bytes(encode(PICTURE, "PNG"))
    (tmp_path / "b.png").write_bytes(encode(PICTURE, "PNG"))
    store = StimulusStore(tmp_path / "stimuli")
    stimulus_id = store.add(tmp_path / "a.png")
    assert store.add(tmp_path / "b.png") == stimulus_id
    assert [path.name for path in store.folder.iterdir()] == [f"{stimulus_id}.png"]
    np.testing.assert_array_equal(store.load(stimulus_id).rgb, PICTURE)


def test_a_stimulus_changed_after_the_session_is_noticed(tmp_path):
    (tmp_path / "a.png").write_bytes(encode(PICTURE, "PNG"))
    store = StimulusStore(tmp_path / "stimuli")
    stimulus_id = store.add(tmp_path / "a.png")
    store.path(stimulus_id).write_bytes(encode(255 - PICTURE, "PNG"))
    with pytest.raises(DamagedSession, match="changed"):
        store.load(stimulus_id)
    with pytest.raises(DamagedSession, match="missing"):
        store.load("00" * 32)


def test_a_folder_without_images_is_named(tmp_path):
    with pytest.raises(UnreadableImage, match="holds no images"):
        find_images(tmp_path)
    with pytest.raises(UnreadableImage, match="no such folder"):
        find_images(tmp_path / "x")
