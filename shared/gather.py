"""Many ask, one answers: while one round is under way, the next one gathers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Gather(Generic[Question, Answer]):
    """Serves whatever waits in one round, for ever. No timer: when it is quiet a question is alone in its round.

    `answer` gets the questions of a round and returns as many answers, in the same order; an answer may be an exception
    for that one question. If `answer` itself raises, the halves of the round are served apart, so that a broken question
    spoils nobody else's answer; `fatal` names the exceptions that nobody in the round can be spared.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Question]], Awaitable[Sequence[Answer | BaseException]]],
        *,
        limit: int,
        fatal: tuple[type[BaseException], ...] = (),
    ) -> None:
        self._answer = answer
        self._limit = limit
        self._fatal = fatal
        self._waiting: asyncio.Queue[tuple[Question, asyncio.Future[Answer]]] = asyncio.Queue()

    @property
    def waiting(self) -> int:
        """How many questions have not been taken into a round yet."""
        return self._waiting.qsize()

    async def ask(self, question: Question) -> Answer:
        """The answer to one question. Hanging up (cancelling) stops neither the round nor its other askers."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((question, future))
        return await future

    async def run(self) -> None:
        while True:
            asked = [await self._waiting.get()]
            while not self._waiting.empty() and len(asked) < self._limit:
                asked.append(self._waiting.get_nowait())
            await self._serve(asked)

    async def _serve(self, asked: Sequence[tuple[Question, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._answer([question for question, _ in asked])
        except Exception as error:
            if len(asked) > 1 and not isinstance(error, self._fatal):
                middle = len(asked) // 2
                await self._serve(asked[:middle])
                await self._serve(asked[middle:])
                return
            answers = [error] * len(asked)
        for (_, future), answer in zip(asked, answers, strict=True):
            if future.done():
                continue  # hung up
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)
