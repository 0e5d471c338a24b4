"""Threads keep order and errors."""

import threading

import pytest

from anomalon.learn import threads


def test_order_is_kept(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 4)
    barrier = threading.Barrier(4, timeout=10)

    def slow_first(i):
        barrier.wait()  # only passes if four run at the same time
        return i * i

    assert threads.threaded(slow_first, range(8)) == [i * i for i in range(8)]


def test_errors_arrive(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 2)
    with pytest.raises(ZeroDivisionError):
        threads.threaded(lambda i: 1 // i, [1, 0, 1])


def test_one_core_needs_no_threads(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 1)
    here = threading.get_ident()
    assert threads.threaded(lambda _: threading.get_ident(), range(3)) == [here] * 3
    assert threads.threaded(lambda i: i, []) == []
