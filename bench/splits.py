"""
splits.py: how good splits are: splits.py BASE.jsonl ALL.jsonl, where ALL is BASE and 10 % more.

Rows of a Markdown table on stdout. ds-release is found through PATH; scikit-learn (python3-sklearn) is
compared when it is there. Deviation is of a class from its share, for the classes that have any samples.
The time of ds-release holds reading and writing, and publishing where there is a store; that of the others only
the split. SPLIT_PROTOTYPE=FILE.py is one more splitter, the prototype in Python that the rule was tried with: a module
with make_units() and split_sticky(); prototype_split() says how they are called.
"""
import importlib.util, json, os, random, signal, subprocess, sys, tempfile, time

Q = 0.2
LIMIT = int(os.environ.get("LIMIT", "120"))
PEERS = os.environ.get("PEERS", "yes") == "yes"


def give_up(number, frame):
    raise TimeoutError


def load(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def classes(r):
    return {a["name"] for a in r["annotation"]}


def measure(name, base, side, seconds, later=None):
    """side: id -> is it EVAL; later: the same after the dataset grew by a tenth."""
    n, e = {}, {}
    for r in base:
        for c in classes(r):
            n[c] = n.get(c, 0) + 1
            e[c] = e.get(c, 0) + side[r["id"]]
    off = [abs(e[c] - Q * n[c]) for c in n]
    worst = max(abs(e[c] / n[c] - Q) * 100 for c in n)
    one_sided = sum(n[c] >= 2 and e[c] in (0, n[c]) for c in n)
    videos = {}
    for r in base:
        if "video" in r:
            videos.setdefault(r["video"], set()).add(side[r["id"]])
    straddling = sum(len(v) > 1 for v in videos.values())
    total = sum(side[r["id"]] for r in base) - Q * len(base)
    moved = "" if later is None else sum(side[r["id"]] and not later[r["id"]] for r in base)
    print(f"| {name} | {total:+.1f} | {worst:.2f} | {max(off):.1f} | {one_sided} | {moved} | {straddling} | {seconds:.2f} |")


def released(path, *options, store=None):
    command = ["ds-release", "-q", "--ratio", "0.8", *options]
    if store:
        command += ["-s", store]
    start = time.time()
    out = subprocess.run(command + [path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    seconds = time.time() - start
    return {(r := json.loads(line))["id"]: r["usage"] == "EVAL" for line in out.splitlines()}, seconds


def shuffled(records):
    start = time.time()
    ids = [r["id"] for r in records]
    random.Random(0).shuffle(ids)
    test = set(ids[: round(Q * len(ids))])
    return {r["id"]: r["id"] in test for r in records}, time.time() - start


def rarest(records):
    n = {}
    for r in records:
        for c in classes(r):
            n[c] = n.get(c, 0) + 1
    y = [min(classes(r), key=lambda c: (n[c], c), default="none") for r in records]
    few = {c for c in set(y) if y.count(c) < 2} if len(set(y)) < 2000 else set()
    return ["none" if c in few else c for c in y]


def sklearn_split(records, grouped):
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit
    import warnings

    warnings.simplefilter("ignore")
    y = rarest(records)
    x = list(range(len(records)))
    start = time.time()
    if grouped:
        groups = [r.get("video", r["id"]) for r in records]
        split = StratifiedGroupKFold(5, shuffle=True, random_state=0).split(x, y, groups)
    else:
        split = StratifiedShuffleSplit(1, test_size=Q, random_state=0).split(x, y)
    test = set(next(split)[1])
    return {r["id"]: i in test for i, r in enumerate(records)}, time.time() - start


def prototype_split(module, records, parent=None):
    """parent: id -> is it EVAL, of the samples that are locked."""
    import numpy

    names, starts, labels = {}, [0], []
    for r in records:
        labels += sorted(names.setdefault(c, len(names)) for c in classes(r))
        starts.append(len(labels))
    ids = [r["id"] for r in records]
    start = time.time()
    _, keys, size, ip, ix, amount = module.make_units(
        len(ids), numpy.array(starts), numpy.array(labels), ids, len(names))
    locked = None
    if parent is not None:
        side_of = {True: module.EVAL, False: module.TRAIN, None: module.FREE}
        locked = numpy.array([side_of[parent.get(i)] for i in ids])
    side = module.split_sticky(keys, size, ip, ix, amount, len(names), "0.8", "", locked)
    return {i: bool(s == module.EVAL) for i, s in zip(ids, side)}, time.time() - start


def measure_prototype(path, base, every):
    spec = importlib.util.spec_from_file_location("prototype", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    side, seconds = prototype_split(module, base)
    later, seconds2 = prototype_split(module, every, side)
    measure("the prototype in Python", base, side, seconds, later)
    measure("the same, grown by a tenth", every, later, seconds2)


def main():
    base, every = load(sys.argv[1]), load(sys.argv[2])
    peers = (("scikit-learn, stratified by rarest class", lambda r: sklearn_split(r, False)),
             ("scikit-learn, stratified groups", lambda r: sklearn_split(r, True))) if PEERS else ()
    signal.signal(signal.SIGALRM, give_up)
    for name, f in (("plain shuffle", shuffled), *peers):
        try:
            signal.alarm(LIMIT)
            side, seconds = f(base)
            later = f(every)[0]
            signal.alarm(0)
            measure(name, base, side, seconds, later)
        except ImportError:
            print(f"| {name} | | | | | | | not installed |")
        except TimeoutError:
            print(f"| {name} | | | | | | | not done after {LIMIT} s |")
    if os.environ.get("SPLIT_PROTOTYPE"):
        measure_prototype(os.environ["SPLIT_PROTOTYPE"], base, every)
    for name, options in (("ds-release --by-hash", ["--by-hash"]), ("ds-release --stream", ["--stream"]),
                          ("ds-release --group video", ["--group", "video"]), ("ds-release, no store", [])):
        side, seconds = released(sys.argv[1], *options)
        measure(name, base, side, seconds, released(sys.argv[2], *options)[0])
    with tempfile.TemporaryDirectory(dir=".") as work:
        store = os.path.join(work, "s")
        side, seconds = released(sys.argv[1], store=store)
        later, seconds2 = released(sys.argv[2], store=store)
        measure("ds-release, into a store", base, side, seconds, later)
        measure("the same, grown by a tenth", every, later, seconds2)
        subprocess.run(["chmod", "-R", "u+w", work])


main()
