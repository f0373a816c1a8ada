"""RFC 9110 §11.4: the passwords that are hashed, how often that happens, and the memory of the guard."""

import hashlib
import threading
from collections.abc import Callable

import pytest

from pyhttp.auth import BasicAuth, Credentials, PasswordHash
from pyhttp.errors import Unavailable
from pyhttp.guard import Guard

RIGHT = Credentials("a", "secret")


class World:
    """A guard, its clock, and how often a password was hashed.

    Attributes:
        now: The time.
        hashed: How often a password was hashed.
        blocked: How often the guard said that a password takes time.
        during: A function that is called while a password is hashed.
        waits: A function that is called when the guard says that a password takes time.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.hashed = self.blocked = 0
        self.during: Callable[[], None] = lambda: None
        self.waits: Callable[[], None] = lambda: None
        users = [(name, str(PasswordHash.of("secret", bytes(16), n=2, r=1))) for name in "ab"]
        self.guard = Guard(BasicAuth(tuple(users)), lambda: self.now)
        scrypt = hashlib.scrypt

        def counted(password: bytes, *, salt: bytes, n: int, r: int, p: int, maxmem: int, dklen: int) -> bytes:
            self.hashed += 1
            self.during()
            return scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=maxmem, dklen=dklen)

        monkeypatch.setattr(hashlib, "scrypt", counted)

    def knows(self, name: str, password: str) -> bool:
        return self.guard.knows(Credentials(name, password), self.block)

    def block(self) -> None:
        self.blocked += 1
        self.waits()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_the_right_password_is_hashed_once(world: World) -> None:
    assert [world.knows(*RIGHT) for _ in range(100)] == [True] * 100
    assert (world.hashed, world.blocked) == (1, 1)


def test_what_is_remembered_is_the_name_and_the_password(world: World) -> None:
    assert world.knows(*RIGHT)
    assert not world.knows("a", "secret2")
    assert not world.knows("a\0secret", "")
    assert world.knows("b", "secret")
    assert world.knows(*RIGHT)
    assert world.hashed == 4


@pytest.mark.parametrize(("name", "password"), [("a", "wrong"), ("nobody", "wrong"), ("nobody", "secret"), ("", "")])
def test_a_wrong_name_costs_what_a_wrong_password_does(world: World, name: str, password: str) -> None:
    assert not world.knows(name, password)
    assert not world.knows(name, password)
    assert (world.hashed, world.blocked) == (2, 2)


def test_a_flood_is_bounded_and_does_not_meet_who_is_known(world: World) -> None:
    assert world.knows(*RIGHT)
    refused = 0
    for number in range(640):  # the loop takes ten seconds
        world.now += 1 / 64
        try:
            assert not world.knows("a", str(number))
        except Unavailable:
            refused += 1
        assert world.knows(*RIGHT)
    assert world.hashed - 1 == 640 - refused
    assert world.hashed == 48  # eight at once, and four for each second


def test_who_comes_late_does_not_find_more_places_than_there_are(world: World) -> None:
    world.now += 1e6
    with pytest.raises(Unavailable):
        [world.knows("a", "wrong") for _ in range(9)]
    assert world.hashed == 8


def test_what_comes_at_once_with_the_right_password_is_hashed_once(world: World) -> None:
    answers: list[bool] = []
    waiting, all_wait = threading.Semaphore(0), threading.Event()

    def wait() -> None:
        all_wait.wait(10)

    world.during, world.waits = wait, waiting.release
    threads = [threading.Thread(target=lambda: answers.append(world.knows(*RIGHT))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert waiting.acquire(timeout=10)
    all_wait.set()
    for thread in threads:
        thread.join(10)
    assert answers == [True] * 8
    assert world.hashed == 1
    assert [world.knows("a", "wrong") for _ in range(7)] == [False] * 7  # the others have given their places back
