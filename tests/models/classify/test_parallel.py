"""Jobs side by side give what they give one after the other."""

import threading

import pytest
import torch

from nlpseq.models.classify.parallel import in_parallel

CPU = torch.device("cpu")


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_answers_come_in_the_order_of_the_jobs_from_two_threads(two_threads):
    meeting = threading.Barrier(2, timeout=20)  # broken where one thread does all

    def compute(job):
        meeting.wait()
        return job, torch.get_num_threads()

    assert list(in_parallel(compute, range(8), CPU)) == [(job, 1) for job in range(8)]
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(
    ("jobs", "device", "threads"), [(3, "cpu", 2), (8, "meta", 2), (8, "cpu", 1)]
)
def test_few_jobs_other_devices_and_one_thread_do_without(two_threads, jobs, device, threads):
    torch.set_num_threads(threads)
    found = list(
        in_parallel(
            lambda job: (job, threading.current_thread(), torch.get_num_threads()),
            range(jobs),
            torch.device(device),
        )
    )
    assert found == [(job, threading.main_thread(), threads) for job in range(jobs)]


def test_after_an_error_torch_has_its_threads_back_and_no_job_goes_on(two_threads):
    done = []

    def compute(job):
        done.append(job)
        if job == 0:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        list(in_parallel(compute, range(100_000), CPU))
    assert torch.get_num_threads() == 2
    assert len(done) < 100_000
