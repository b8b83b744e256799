# shapes.py: do labels follow the pixels? `shapes.py WIDTH HEIGHT [OPTION...]` draws a red box into a grey picture of that
# size, stores it in all eight EXIF orientations with one label of every shape for the box, lets ds-clean have them with
# these options, and looks whether each label of each new picture lies on the red pixels. Needs Pillow.
import json
import math
import os
import subprocess
import sys
from PIL import Image, ImageDraw

W, H = int(sys.argv[1]), int(sys.argv[2])
X, Y, BW, BH = 16, 8, 32, 24


def make_rle():
    """COCO's uncompressed form: column by column, beginning with zeros."""
    counts, last, n = [], False, 0
    for x in range(W):
        for y in range(H):
            bit = X <= x < X + BW and Y <= y < Y + BH
            if bit != last:
                counts.append(n)
                last, n = bit, 0
            n += 1
    return {"size": [H, W], "counts": counts + [n]}


def draw(mode, background, colour):
    picture = Image.new(mode, (W, H), background)
    ImageDraw.Draw(picture).rectangle([X, Y, X + BW - 1, Y + BH - 1], fill=colour)
    return picture


def make_input():
    x0, y0, x1, y1 = X, Y, X + BW, Y + BH
    labels = [
        {"bbox": [X, Y, BW, BH]},
        {"rbox": [X + BW / 2, Y + BH / 2, BW, BH, 0]},
        {"polygon": [[x0, y0, x1, y0, x1, y1, x0, y1]]},
        {"rle": make_rle()},
        {"mask": {"source": "in/mask.png", "value": 7}},
        {"circle": [X + BW / 2, Y + BH / 2, 8]},
        {"keypoints": [x0 + 6, y0 + 6, 2, x1 - 6, y1 - 6, 1, 0, 0, 0]},
        {"point": [x0 + 6, y0 + 6]},
        {"line": [x0 + 6, y0 + 6, x1 - 6, y0 + 6]},
        {"polyline": [x0 + 6, y0 + 6, x1 - 6, y0 + 6, x0 + 6, y1 - 6]},
    ]
    os.mkdir("in")
    draw("L", 0, 7).save("in/mask.png")
    with open("in/records", "w") as f:
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[0x112] = orientation
            name = "in/%d.jpg" % orientation
            draw("RGB", (128, 128, 128), (250, 10, 10)).save(name, quality=95, subsampling=0, exif=exif)
            f.write(json.dumps({"source": name, "width": W, "height": H, "annotation": labels}) + "\n")


def frame(points):
    """The smallest box around pixels, as corners."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return min(xs), min(ys), max(xs) + 1, max(ys) + 1


def pixels_of(picture, wanted):
    return [(x, y) for x in range(picture.width) for y in range(picture.height) if wanted(picture.getpixel((x, y)))]


def is_red(colour):
    return colour[0] > 190 and colour[1] < 80


def rle_frame(rle, picture):
    assert rle["size"] == [picture.height, picture.width], rle["size"]
    assert sum(rle["counts"]) == picture.width * picture.height
    bits, value = [], 0
    for n in rle["counts"]:
        bits += [value] * n
        value ^= 1
    return frame([(i // picture.height, i % picture.height) for i, bit in enumerate(bits) if bit])


def mask_frame(mask, picture):
    stored = Image.open(mask["source"])
    assert stored.size == picture.size
    return frame(pixels_of(stored, lambda v: v == mask["value"]))


def rbox_frame(box):
    x, y, w, h, angle = box
    c, s = abs(math.cos(math.radians(angle))), abs(math.sin(math.radians(angle)))
    dx, dy = (w * c + h * s) / 2, (w * s + h * c) / 2
    return x - dx, y - dy, x + dx, y + dy


def follows(shape, value, picture, red):
    """Is it where the red pixels are, give or take one?"""
    def near(box):
        return all(abs(a - b) <= 1 for a, b in zip(box, red))

    def on_red(points, stride=2):
        return all(is_red(picture.getpixel((int(points[i]), int(points[i + 1])))) for i in range(0, len(points), stride))

    if shape == "bbox":
        return near([value[0], value[1], value[0] + value[2], value[1] + value[3]])
    if shape == "rbox":
        return near(rbox_frame(value))
    if shape == "polygon":
        return near([min(value[0][::2]), min(value[0][1::2]), max(value[0][::2]), max(value[0][1::2])])
    if shape == "rle":
        return near(rle_frame(value, picture))
    if shape == "mask":
        return near(mask_frame(value, picture))
    if shape == "circle":
        centre = (red[0] + red[2]) / 2, (red[1] + red[3]) / 2
        return abs(value[0] - centre[0]) <= 1 and abs(value[1] - centre[1]) <= 1
    if shape == "keypoints":
        return on_red(value[:6], 3) and value[2] == 2 and value[5] == 1 and value[6:] == [0, 0, 0]
    return on_red(value)


make_input()
command = ["ds-clean", "-q", "--label-space", "raw", "-o", "out"] + sys.argv[3:] + ["in/records"]
seen = 0
for line in subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines():
    record = json.loads(line)
    picture = Image.open(record["source"])
    assert picture.size == (record["width"], record["height"]), record["source"]
    red = frame(pixels_of(picture, is_red))
    for label in record["annotation"]:
        for shape, value in label.items():
            assert follows(shape, value, picture, red), (record["source"], shape, value, red)
            seen += 1
print(seen)
