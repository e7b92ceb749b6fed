"""Effectiveness against emissions: which runs no other run beats."""

from collections.abc import Sequence


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the points (kg, score) that no other beats: none emits as little or less and scores more or as much.

    In the order of rising kg; of equal points the first stands.
    """
    front: list[int] = []
    for index in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1], i)):
        if not front or points[index][1] > points[front[-1]][1]:
            front.append(index)
    return front
