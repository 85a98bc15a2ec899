"""Stations without forecourts, thousands of them: they speak letters with a company, and know the truth.

Pure: ``dice`` (chance from a seed), ``trade`` (what a station sells), ``outbox`` (its letters and what befalls them),
``station`` (what it says next), ``company`` (what head office has told them all), ``truth`` (what was really sold, for
a judge), ``mqtt`` (its few packets). With a clock and sockets: ``line`` (one connection), ``crowd`` (all of them);
``program`` is ``jiayou-sim station-swarm``.

It speaks MQTT in a few bytes of its own and not by ``shared.mqtt``: ten thousand of the large clients would measure
themselves. It may know ``shared``, and of this house the dice of faults and the packets of ``hardware.road``.
"""
