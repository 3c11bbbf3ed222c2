"""How many threads there are at first: what the environment, the system and a container allow."""

import os

import pytest

from autograd.kernels.machine import processors
from autograd.kernels.machine.processors import _quotas, usable


def group(root, path, **files):
    folder = root / path
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def quotas(tmp_path, membership):
    (tmp_path / "membership").write_text(membership)
    return list(_quotas(str(tmp_path / "membership"), str(tmp_path)))


def test_version_2_takes_the_group_and_all_around_it(tmp_path):
    group(tmp_path, "pod/box", cpu__max="150000 100000\n")
    group(tmp_path, "pod", cpu__max="400000 100000\n")
    group(tmp_path, "", cpu__max="max 100000\n")
    assert quotas(tmp_path, "0::/pod/box\n") == [2, 4]


def test_version_1_takes_the_controller_of_processors(tmp_path):
    group(tmp_path, "cpu/box", cpu__cfs_quota_us="50000\n", cpu__cfs_period_us="100000\n")
    group(tmp_path, "cpu", cpu__cfs_quota_us="-1\n", cpu__cfs_period_us="100000\n")
    assert quotas(tmp_path, "9:memory:/other\n4:cpu,cpuacct:/box\n3:cpuset:/box\n") == [1]


def test_in_a_container_only_the_root_of_the_hosts_path_is_there(tmp_path):
    group(tmp_path, "", cpu__max="300000 100000\n")
    assert quotas(tmp_path, "0::/docker/0123abc\n") == [3]


@pytest.mark.parametrize("text", ["", "max\n", "x y\n", "1000\n", "0 0\n", "-1 100000\n"])
def test_what_is_no_limit_limits_nothing(tmp_path, text):
    group(tmp_path, "box", cpu__max=text)
    assert quotas(tmp_path, "0::/box\nnonsense\n\n") == []


def test_other_systems_have_no_groups(tmp_path):
    assert list(_quotas(str(tmp_path / "none"), str(tmp_path))) == []


def test_the_smallest_number_counts(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    monkeypatch.setattr(processors, "_quotas", lambda *_: iter([6, 3]))
    assert usable() == 3
    monkeypatch.setattr(processors, "_quotas", lambda *_: iter([]))
    assert usable() == 8
    monkeypatch.setenv("OMP_NUM_THREADS", "5,2")
    assert usable() == 5
