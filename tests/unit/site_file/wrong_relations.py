"""Site files whose values contradict each other, with exactly what is to be said of them."""

from tests.unit.site_file.wrong_site import WrongSite

LIST_KEY = 'id = "2026-01"\ned25519 = "M9BVsrrCauBabMVR4SaUAPwT/kahUVXtHzfff2HD6CM="'

WRONG_RELATIONS = (
    WrongSite(
        "nobody signs the list",
        f"[[cloud.list_keys]]\n{LIST_KEY}",
        "",
        (
            (
                "155: cloud.list_keys: found none, expected a key of the cloud that signs the "
                'list, or list_signature = "not_required"'
            ),
        ),
    ),
    WrongSite(
        "a key twice",
        LIST_KEY,
        f"{LIST_KEY}\n[[cloud.list_keys]]\n{LIST_KEY}",
        ('293: cloud.list_keys[1].id: found "2026-01" again, expected each id once',),
    ),
    WrongSite(
        "a key of zeros in place of the cloud's",
        'ed25519 = "M9BVsrrCauBabMVR4SaUAPwT/kahUVXtHzfff2HD6CM="',
        f'ed25519 = "{"A" * 43}="',
        (
            (
                f'291: cloud.list_keys[0].ed25519: found "{"A" * 43}=", expected another key: '
                "anybody can sign for this one"
            ),
        ),
    ),
    WrongSite(
        "a limit of the other engine",
        "distance_max = 0.53",
        "distance_max = 1.05",
        (
            (
                "163: identity.distance_max: found 1.05, expected at most 0.6, beyond which the "
                'engine "dlib" takes strangers'
            ),
        ),
    ),
    WrongSite(
        "language twice",
        '"zh-Hans", "en", "fr"',
        '"zh-Hans", "en", "en"',
        ('14: tower.languages[2]: found "en" again, expected each language once',),
    ),
    WrongSite(
        "unknown time zone",
        '"Asia/Shanghai"',
        '"Asia/Canton"',
        (
            (
                '13: tower.timezone: found "Asia/Canton", expected an IANA time zone that '
                "this machine knows"
            ),
        ),
    ),
    WrongSite(
        "slot twice",
        "number = 42, angle_deg = 320",
        "number = 41, angle_deg = 320",
        ("98: levels[4].slots[8].number: found 41 again, expected each slot number once",),
    ),
    WrongSite(
        "socket twice",
        "socket = 11",
        "socket = 10",
        ("97: levels[4].slots[7].socket: found 10 again, expected each socket number once",),
    ),
    WrongSite(
        "level twice",
        "[[levels]]\nnumber = 5",
        "[[levels]]\nnumber = 4",
        (
            "87: levels[4].number: found 4 again, expected each level number once",
            "104: lifts[0].serves_levels[4]: found 5, expected a level of the tower: 1, 2, 3, 4",
        ),
    ),
    WrongSite(
        "levels upside down",
        "height_mm = 7200",
        "height_mm = 9700",
        (
            (
                "88: levels[4].height_mm: found 9600, expected more than 9700 mm, the height "
                "of level 4"
            ),
        ),
    ),
    WrongSite(
        "cars too high for the level",
        "height_mm = 2400",
        "height_mm = 1900",
        (
            (
                '33: levels[0].slots[0].class: found "high" with cars of 2000 mm, expected a '
                "class that fits beneath level 2, 1900 mm above"
            ),
            (
                '34: levels[0].slots[1].class: found "high" with cars of 2000 mm, expected a '
                "class that fits beneath level 2, 1900 mm above"
            ),
            (
                '35: levels[0].slots[2].class: found "high" with cars of 2000 mm, expected a '
                "class that fits beneath level 2, 1900 mm above"
            ),
            (
                '36: levels[0].slots[3].class: found "high" with cars of 2000 mm, expected a '
                "class that fits beneath level 2, 1900 mm above"
            ),
            (
                '37: levels[0].slots[4].class: found "high" with cars of 2000 mm, expected a '
                "class that fits beneath level 2, 1900 mm above"
            ),
            (
                '38: levels[0].slots[5].class: found "high" with cars of 2000 mm, expected a '
                "class that fits beneath level 2, 1900 mm above"
            ),
        ),
    ),
    WrongSite(
        "unknown class",
        'number = 20, angle_deg = 160, class = "standard"',
        'number = 20, angle_deg = 160, class = "standart"',
        (
            (
                '64: levels[2].slots[4].class: found "standart", expected one of '
                'slot_classes: "standard", "high"'
            ),
        ),
    ),
    WrongSite(
        "slots at one place",
        "number = 20, angle_deg = 160",
        "number = 20, angle_deg = 205",
        (
            (
                "65: levels[2].slots[5].angle_deg: found 200, expected at least 10 deg from "
                "slot 20 on level 3 at 205 deg"
            ),
        ),
    ),
    WrongSite(
        "places over north",
        "number = 33, angle_deg = 320",
        "number = 33, angle_deg = 355",
        (
            (
                "83: levels[3].slots[8].angle_deg: found 355, expected at least 10 deg from "
                "slot 25 on level 4 at 0 deg"
            ),
        ),
    ),
    WrongSite(
        "slot in a bay",
        "number = 1, angle_deg = 80, class",
        "number = 1, angle_deg = 42, class",
        (
            (
                "128: bays[1].angle_deg: found 40, expected at least 10 deg from slot 1 on "
                "level 1 at 42 deg"
            ),
        ),
    ),
    WrongSite(
        "lift to an unknown level",
        "serves_levels = [1, 2, 3, 4, 5]",
        "serves_levels = [1, 2, 3, 4, 5, 6]",
        (
            (
                "104: lifts[0].serves_levels[5]: found 6, expected a level of the tower: 1, "
                "2, 3, 4, 5"
            ),
        ),
    ),
    WrongSite(
        "level without lift",
        "serves_levels = [1, 2, 3, 4, 5]",
        "serves_levels = [1, 2, 3, 4]",
        (
            (
                "87: levels[4].number: found 5, which no lift serves, expected a lift that "
                "serves the level"
            ),
        ),
    ),
    WrongSite(
        "bay without lift",
        "serves_bays = [1, 2]",
        "serves_bays = [1]",
        (
            (
                "126: bays[1].number: found 2, which no lift serves, expected a lift that "
                "serves the bay"
            ),
        ),
    ),
    WrongSite(
        "lift to an unknown bay",
        "serves_bays = [1, 2]",
        "serves_bays = [1, 2, 3]",
        ("105: lifts[0].serves_bays[2]: found 3, expected a bay of the tower: 1, 2",),
    ),
    WrongSite(
        "lift to a bay above",
        "[[bays]]\nnumber = 2\nlevel = 1",
        "[[bays]]\nnumber = 2\nlevel = 6",
        (
            (
                "105: lifts[0].serves_bays[1]: found 2, which is on level 6, expected bays on "
                "the lift's levels 1, 2, 3, 4, 5"
            ),
            "127: bays[1].level: found 6, expected a level of the tower: 1, 2, 3, 4, 5",
        ),
    ),
    WrongSite(
        "bay twice",
        "[[bays]]\nnumber = 2",
        "[[bays]]\nnumber = 1",
        (
            "105: lifts[0].serves_bays[1]: found 2, expected a bay of the tower: 1",
            "126: bays[1].number: found 1 again, expected each bay number once",
            "145: kiosks[1].bay: found 2, expected a bay of the tower: 1",
            "273: parts[9].bay: found 2, expected a bay of the tower: 1",
            "282: parts[10].bay: found 2, expected a bay of the tower: 1",
        ),
    ),
    WrongSite(
        "part twice",
        'id = "lift1-brake"',
        'id = "lift1-ropes"',
        ('210: parts[2].id: found "lift1-ropes" again, expected each part\'s id once',),
    ),
    WrongSite(
        "part of a lift that is not there",
        'name = "Hoist brake, lift 1"\nlift = 1',
        'name = "Hoist brake, lift 1"\nlift = 2',
        ("212: parts[2].lift: found 2, expected a lift of the tower: 1",),
    ),
    WrongSite(
        "part that is nowhere counted",
        'name = "Hoist brake, lift 1"\nlift = 1',
        'name = "Hoist brake, lift 1"\nbay = 1',
        ('213: parts[2].counts: found "starts" at bay 1, expected what is counted at a lift',),
    ),
    WrongSite(
        "part without an interval",
        "critical = true\ninspect_days = 31",
        "critical = true",
        ('192: parts[0].id: found "tower-monthly", expected an interval or a life for it',),
    ),
    WrongSite(
        "hours of a part without a lift",
        "inspect_days = 31",
        "inspect_days = 31\nlife_hours = 5",
        ("197: parts[0].life_hours: found 5, expected a part of a lift",),
    ),
    WrongSite(
        "park level not served",
        "park_level = 1",
        "park_level = 7",
        (
            (
                "107: lifts[0].park_level: found 7, expected a level that the lift serves: 1, "
                "2, 3, 4, 5"
            ),
        ),
    ),
    WrongSite(
        "lift too weak",
        "load_kg_max = 2800",
        "load_kg_max = 2300",
        (
            (
                "106: lifts[0].load_kg_max: found 2300, expected at least 2500 kg, which slot "
                "class high admits"
            ),
        ),
    ),
    WrongSite(
        "kiosk at an unknown bay",
        "number = 2\nbay = 2",
        "number = 2\nbay = 4",
        (
            "126: bays[1].number: found 2, where no kiosk stands, expected a kiosk with this bay",
            "145: kiosks[1].bay: found 4, expected a bay of the tower: 1, 2",
        ),
    ),
    WrongSite(
        "two kiosks at a bay",
        "number = 2\nbay = 2",
        "number = 2\nbay = 1",
        (
            "126: bays[1].number: found 2, where no kiosk stands, expected a kiosk with this bay",
            "145: kiosks[1].bay: found 1 again, expected each bay once",
        ),
    ),
    WrongSite(
        "camera twice",
        "rtsp://10.20.0.12/stream1",
        "rtsp://10.20.0.11/stream1",
        (
            (
                '146: kiosks[1].camera: found "rtsp://10.20.0.11/stream1" again, expected '
                "each camera once"
            ),
        ),
    ),
    WrongSite(
        "board twice",
        "kiosk-2",
        "kiosk-1",
        (
            (
                '147: kiosks[1].board: found "/dev/serial/by-id/kiosk-1" again, expected each '
                "board once"
            ),
        ),
    ),
    WrongSite(
        "snapshot older than a request",
        "request_timeout_s = 0.3",
        "request_timeout_s = 1.5",
        (
            (
                "182: policies.snapshot_age_s_max: found 1, expected more than "
                "plc.request_timeout_s, 1.5 s"
            ),
        ),
    ),
    WrongSite(
        "a lost answer on the serial line would stop the tower",
        'host = "10.20.0.2"\nport = 502\ndevice_id = 1\nrequest_timeout_s = 0.3',
        'transport = "rtu"\nserial_device = "/dev/ttyS0"\nrequest_timeout_s = 0.22\nquiet_s = 0.18',
        (
            (
                "153: plc.quiet_s: found 0.18, with plc.request_timeout_s 0.22, expected at most "
                "0.35 s together, or the PLC stops the tower for one lost answer"
            ),
        ),
    ),
    WrongSite(
        "bay cleared too soon",
        "bay_clear_timeout_s = 300",
        "bay_clear_timeout_s = 12",
        (
            (
                "181: policies.bay_clear_timeout_s: found 12, expected more than 12 s, the "
                "outer door of bay 1 opening and closing"
            ),
        ),
    ),
)
