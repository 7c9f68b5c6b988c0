"""``actcli gradflow``, ``init`` and ``optimize``: lists, files, what is imported, and what is wrong in one line."""

import json
from pathlib import Path

import pytest

from actcli.training.initializers import INITIALIZERS
from actcli.training.optimizers import OPTIMIZERS
from actcli.training.schedules import SCHEDULES
from actcli.training.surfaces import SURFACES
from tests.shell import run
from tests.test_cli import HEAVY, imported


def test_the_lists_say_what_every_parameter_means() -> None:
    lists = {"init": [INITIALIZERS], "optimize": [OPTIMIZERS, SCHEDULES, SURFACES]}
    for command, registries in lists.items():
        text = " ".join(run(command, "--list", COLUMNS="400").stdout.split())
        listed = json.loads(run(command, "--list", "-f", "json").stdout).values()
        meanings = {row["name"]: row["meanings"] for rows in listed for row in rows}
        for record in (r for registry in registries for r in registry.values()):
            for name, p in record.parameters.items():
                assert p.meaning
                assert p.meaning in text
                assert meanings[record.name][name] == p.meaning


def test_a_result_goes_into_a_file(tmp_path: Path) -> None:
    for command in (["gradflow", "relu", "--width", "4"], ["init", "he"], ["optimize", "--list"]):  # fmt: skip
        for suffix in ("csv", "json", "jsonl"):
            done = run(*command, "-o", f"r.{suffix}", cwd=tmp_path)
            assert (done.stdout, done.stderr) == ("", f"wrote r.{suffix}\n")
            assert (tmp_path / f"r.{suffix}").stat().st_size


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("gradflow relu --width 4 -f csv", {"numpy"}),
        ("gradflow relu --width 4", {"numpy", "rich.table"}),
        ("init he --for gelu_tanh -f json", {"numpy"}),
        ("optimize -f csv", {"numpy"}),
    ],
)
def test_only_what_is_needed_is_imported(line: str, needed: set[str]) -> None:
    assert imported(*line.split()) & HEAVY == needed


WRONG = {
    "gradflow relu --layers -3": "layers -3 is out of range; give a whole number from 1 to 10000",
    "gradflow relu --layers 0": "layers 0 is out of range; give a whole number from 1 to 10000",
    "gradflow relu --layers 1.5": "layers 1.5 is not a whole number; write it like 3",
    "gradflow relu --model chain -x one": "x one is not a number; write it like 0.5",
    "gradflow relu --width 0": "width 0 is out of range; give a whole number at least 1",
    "gradflow relu --batch 0": "batch 0 is out of range; give a whole number at least 1",
    "gradflow relu --seeds 0": "seeds 0 is out of range; give a whole number from 1 to 10000",
    "gradflow relu --layers 1 --width 1 --seeds 1000000000000": "seeds 1000000000000 is out of range; give a whole number from 1 to 10000",
    "gradflow relu --seed -1": "seed -1 is out of range; give a whole number at least 0",
    "gradflow relu --width 100000": "10 layers of width 100000 and batch 64 are too large",
    "gradflow relu --init hee": "no initializer 'hee'; did you mean 'he'?",
    "gradflow relu --init normal:-1": "std=-1 is out of range for initializer 'normal'",
    "gradflow relu --model mpl": "no model 'mpl'; did you mean 'mlp'?",
    "gradflow relu --model chain --width 9": "--width means nothing with --model chain; leave it out",
    "gradflow relu --weight 2": "--weight means nothing with --model mlp; leave it out",
    "gradflow relu --model chain --weight inf": "weight inf is not finite; give a finite number",
    "gradflow swsh": "no function 'swsh'; did you mean 'swish'?",
    "gradflow softmax": "softmax works over an axis; give elementwise functions",
    "gradflow relu -o x.gif": "x.gif: unknown suffix '.gif'; .png .svg .pdf .csv",
    "gradflow relu -f xml": "no format 'xml'",
    "gradflow": "missing argument 'FUNCTION...'",
    "init": "init needs a METHOD; 'actcli init --list' shows them all",
    "init xaver": "no initializer 'xaver'; did you mean 'xavier'?",
    "init he --fan-in 0": "fan-in 0 is out of range; give a whole number from 1 to 100000000",
    "init he --fan-out -2": "fan-out -2 is out of range; give a whole number from 1 to 100000000",
    f"init he --fan-in {'9' * 400}": f"fan-in {'9' * 400} is out of range; give a whole number from 1 to 100000000",
    "init he --fan-in 1000000 --fan-out 1000000": "1000000 by 1000000 weights are too many to draw",
    "init he -p gian=2": "initializer 'he_normal' has no parameter 'gian'; did you mean 'gain'?",
    "init he:gain=2 --for relu": "--for sets the gain, and so does 'he:gain=2'; leave one out",
    "init normal --for relu": "initializer 'normal' has no gain for --for to set; choose from xavier_normal",
    "init he --for step:mode=1": "step has no parameter 'mode'",
    "init he:mode=fan_out --for step": "step has no gain, as E[f'(z)^2] is 0; choose another function",
    "init he --for log(x)": "log(x) has no gain, as E[f(z)^2] is undefined; choose another function",
    "init he --for tan(x)": "tan(x) has no gain, as E[f(z)^2] is infinite; choose another function",
    "init he --for sin(1/x)": "sin(1/x) has no gain, as E[f(z)^2] is not settled to 1e-10; choose another function",
    "init he --save w.txt": "w.txt: unknown suffix '.txt'; weights are saved as .npy or .npz",
    "init he -o w.gif": "w.gif: unknown suffix '.gif'",
    "init he --seed -1": "seed -1 is out of range; give a whole number at least 0",
    "init he --precision 99": "precision 99 is out of range; give a whole number from 1 to 17",
    "init he --list": "'he' means nothing with --list; leave it out",
    "init --list --for relu": "'relu' means nothing with --list; leave it out",
    "init --list --fan-in 3": "--fan-in means nothing with --list; leave it out",
    "init he:2 --for relu": "--for sets the gain, and so does 'he:2'; leave one out",
    "init he -p gain=2 --for relu": "--for sets the gain, and so does 'gain=2'; leave one out",
    "optimize adm": "no optimizer 'adm'; did you mean 'adam'?",
    "optimize sgd:lr=inf": "lr=inf is out of range for optimizer 'sgd'; give a finite number above 0",
    "optimize --lr inf": "lr=inf is out of range for optimizer 'sgd'; give a finite number above 0",
    "optimize --lr=": "'lr=' in 'lr=' is not param=value; write it as lr=VALUE",
    "optimize sgd:lr=fast": "optimizer 'sgd': lr: 'fast' is not a number",
    "optimize sgd:rate=1": "optimizer 'sgd' has no parameter 'rate'; it has lr, weight_decay",
    "optimize -p rho=2": "rho=2 is out of range for optimizer 'rmsprop'",
    "optimize -p bta=2": "optimizer 'sgd' has no parameter 'bta'",
    "optimize --start 1": "--start: '1' is not two numbers; write it like -7,2",
    "optimize --start a,b": "--start: 'a,b' is not two numbers; write it like -7,2",
    "optimize --start 1,2,3": "--start: '1,2,3' is not two numbers; write it like -7,2",
    "optimize --start nan,1": "start nan,1 is not a place on the plane; give two finite numbers x,y",
    "optimize --steps -1": "steps -1 is out of range; give a whole number from 1 to 1000000",
    "optimize adam:beta=.9": "optimizer 'adam' has no parameter 'beta'; it has beta1, beta2",
    "gradflow relu --seeds -3": "seeds -3 is out of range; give a whole number from 1 to 10000",
    "optimize --surface elipse": "no surface 'elipse'; did you mean 'ellipse'?",
    "optimize --surface ellipse:b=-1": "b=-1 is out of range for surface 'ellipse'",
    "optimize --schedule cosin": "no schedule 'cosin'; did you mean 'cosine'?",
    "optimize --schedule cosine:warmup=-1": "warmup=-1 is out of range for schedule 'cosine'",
    "optimize --tolerance 0": "tolerance 0 is no distance; give a number above 0",
    "optimize --show all": "no picture 'all'; choose from both, contour, loss",
    "optimize --every 0": "every 0 is out of range; give a whole number at least 1",
    "optimize --every x": "every x is not a whole number; write it like 3",
    "optimize --show loss": "--show means nothing without a picture; add -o ways.png",
    "optimize --show both -o w.csv": "--show means nothing without a picture; add -o ways.png",
    "optimize adam --list": "'adam' means nothing with --list; leave it out",
    "optimize --list --steps 3": "--steps means nothing with --list; leave it out",
    "optimize --tolerance nan": "tolerance nan is no distance; give a finite number above 0",
    "optimize -o ways.gif": "ways.gif: unknown suffix '.gif'",
    "init he --save w.npy -f cvs": "no format 'cvs'; did you mean 'csv'?",
    "init he --save w.npy -o w.csv -f json": "w.csv: its suffix says csv, -f says json",
    "optimize sgd -o w.png -f cvs": "no format 'cvs'; did you mean 'csv'?",
    "gradflow relu -o w.png -f cvs": "no format 'cvs'; did you mean 'csv'?",
    "gradflow relu -o w.png -f npy": ".npy holds one array, not a table; use npz or csv",
}  # fmt: skip


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_is_one_line(line: str, tmp_path: Path) -> None:
    done = run(*line.split(), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"actcli: {WRONG[line]}")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "line",
    [
        "gradflow relu --width 4 -o no/x.png",
        "gradflow relu --width 4 -o no/x.csv",
        "init he --save no/w.npy",
        "init he -o no/h.svg",
        "optimize -o no/w.pdf",
    ],
)
def test_a_folder_that_is_missing_is_one_line(line: str, tmp_path: Path) -> None:
    done = run(*line.split(), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "actcli: no: no such file or directory; cannot write "
    )
    assert done.stderr.count("\n") == 1
