import signal
import threading

import pytest

from nlpseq.interrupts import put_off


@pytest.fixture(autouse=True)
def heeded():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


def test_ctrl_c_waits_for_the_end_of_the_block():
    done = []
    with pytest.raises(KeyboardInterrupt), put_off():
        signal.raise_signal(signal.SIGINT)
        done.append("the rest")
    assert done


def test_a_second_does_not_wait():
    done = []
    with pytest.raises(KeyboardInterrupt), put_off():
        signal.raise_signal(signal.SIGINT)
        done.append("between")
        signal.raise_signal(signal.SIGINT)
        done.append("the rest")
    assert done == ["between"]


def test_errors_pass():
    with pytest.raises(ValueError), put_off():
        raise ValueError


def test_an_interrupt_that_is_ignored_outside_is_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with put_off():
        signal.raise_signal(signal.SIGINT)
    assert signal.signal(signal.SIGINT, signal.default_int_handler) is signal.SIG_IGN


def test_in_other_threads_nothing_changes():
    seen = []

    def work():
        with put_off():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
