"""Every check, in the order in which they are run and read."""

from __future__ import annotations

from vks_plugin.doctor import accounts, archive, configuration, custody, foundation, services, signing, surroundings
from vks_plugin.doctor.results import Check, Status

_E, _W = Status.ERROR, Status.WARNING

CHECKS: tuple[Check, ...] = (
    # what everything stands on
    Check("host-version", "Phiên bản Paperless-ngx", _E, foundation.host_version),
    Check("host-contract", "Mã nguồn Paperless-ngx", _E, foundation.host_contract),
    Check("stand-in", "Máy chủ thay thế", _E, foundation.stand_in),
    Check("mounted", "Chỗ của vks_plugin trong máy chủ", _E, foundation.mounted),
    Check("libraries", "Thư viện", _E, foundation.libraries),
    Check("database-engine", "Loại cơ sở dữ liệu", _E, foundation.database_engine),
    Check("database-durability", "Ghi chắc xuống đĩa", _W, foundation.database_durability),
    Check("migrations", "Cấu trúc cơ sở dữ liệu", _E, foundation.migrations),
    Check("append-only", "Bảng chỉ được ghi thêm", _E, foundation.append_only),
    Check("database-functions", "Hàm của sổ cái trong cơ sở dữ liệu", _E, foundation.functions),
    # what lies around
    Check("host-folders", "Thư mục của máy chủ", _E, surroundings.host_folders),
    Check("own-folder", "Thư mục của vks_plugin", _E, surroundings.own_folder),
    Check("same-owner", "Chủ của các thư mục", _E, surroundings.same_owner),
    Check("disk-space", "Chỗ trống trên đĩa", _E, surroundings.disk_space),
    Check("index", "Chỉ mục tìm kiếm", _E, surroundings.index_folder),
    Check("fonts", "Phông chữ", _E, surroundings.fonts),
    Check("tools", "Chương trình xử lý tệp", _E, surroundings.tools),
    Check("thumbnails", "Ảnh thu nhỏ", _E, surroundings.thumbnails, waits=surroundings.PATIENCE),
    Check(
        "recognition-data",
        "Dữ liệu nhận dạng tiếng Việt",
        _E,
        surroundings.recognition_data,
        waits=surroundings.PATIENCE,
    ),
    Check("static-files", "Tệp giao diện", _E, surroundings.static_files),
    Check("static-compressed", "Bản nén của tệp giao diện", _E, surroundings.static_compressed),
    Check("host-pages", "Giao diện của Paperless-ngx", _W, surroundings.host_pages),
    # what the host and the plugin are told
    Check("own-settings", "Cấu hình VKS_*", _E, configuration.own_settings),
    Check("enabled", "vks_plugin đang bật", _W, configuration.enabled),
    Check("debug", "Chế độ gỡ lỗi", _E, configuration.debug),
    Check("secret-key", "Khóa bí mật", _E, configuration.secret_key),
    Check("allowed-hosts", "Tên máy chủ được trả lời", _W, configuration.allowed_hosts),
    Check("time-zone", "Múi giờ", _E, configuration.time_zone),
    Check("date-order", "Thứ tự ngày tháng", _W, configuration.date_order),
    Check("days-off", "Lịch nghỉ lễ", _W, configuration.days_off),
    # ways in
    Check("auto-login", "Đăng nhập tự động", _E, configuration.auto_login),
    Check("sign-ups", "Tự mở tài khoản", _E, configuration.sign_ups),
    Check("regular-login", "Đăng nhập bằng mật khẩu", _E, configuration.regular_login),
    Check("remote-user", "Tên người dùng từ proxy", _W, configuration.remote_user),
    Check("sign-in-groups", "Nhóm quyền do bên ngoài cấp", _E, configuration.sign_in_groups),
    # ways out
    Check("artificial-intelligence", "Tính năng AI", _E, configuration.artificial_intelligence),
    Check("remote-ocr", "Nhận dạng chữ ở bên ngoài", _E, configuration.remote_ocr),
    Check("update-check", "Hỏi phiên bản mới qua mạng", _W, configuration.update_check),
    Check("nltk", "Dữ liệu NLTK", _W, configuration.nltk),
    Check("outgoing-mail", "Gửi thư", _W, configuration.outgoing_mail),
    Check("script-before-intake", "Chương trình chạy trước khi nhận tệp", _W, configuration.consume_scripts_before),
    Check("script-after-intake", "Chương trình chạy sau khi nhận tệp", _W, configuration.consume_scripts_after),
    # intake and search
    Check("delete-duplicates", "Tự xóa tệp trùng", _E, configuration.delete_duplicates),
    Check("barcodes", "Mã vạch trên tệp nhận vào", _W, configuration.barcodes),
    Check("recognition-language", "Ngôn ngữ nhận dạng", _E, configuration.recognition_language),
    Check("recognition-arguments", "Tham số thêm cho nhận dạng", _W, configuration.recognition_arguments),
    Check("recognition-scope", "Phạm vi nhận dạng", _W, configuration.recognition_scope),
    Check("search-language", "Ngôn ngữ tìm kiếm", _E, configuration.search_language),
    Check("file-names", "Mẫu tên tệp", _W, configuration.file_names),
    Check("trash-delay", "Thời gian giữ trong thùng rác", _W, configuration.trash_delay),
    Check("audit-log", "Nhật ký thay đổi của máy chủ", _W, configuration.audit_log),
    # accounts and what is provisioned
    Check("service-account", "Tài khoản hệ thống", _E, accounts.service_account),
    Check("units", "Đơn vị dùng hệ thống", _W, accounts.units),
    Check("groups", "Nhóm quyền", _E, accounts.groups),
    Check("memberships", "Người trong nhóm quyền", _E, accounts.memberships),
    Check("superusers", "Siêu quản trị", _W, accounts.superusers),
    Check("user-administrators", "Người sửa được người dùng", _W, accounts.user_administrators),
    Check("staff", "Người vào trang quản trị Django", _W, accounts.staff),
    Check("case-code-field", "Trường Mã vụ án", _E, accounts.case_code_field),
    Check("storage-path", "Đường dẫn lưu trữ", _E, accounts.storage_path),
    Check("document-types", "Loại tài liệu", _E, accounts.document_types),
    # documents
    Check("document-owners", "Chủ của tài liệu hồ sơ", _E, archive.document_owners),
    Check("document-grants", "Quyền trên tài liệu hồ sơ", _E, archive.document_grants),
    Check("dated-access", "Quyền có thời hạn", _W, archive.dated_access),
    Check("unowned-documents", "Tài liệu của phần hồ sơ không có chủ", _E, archive.unowned_documents),
    Check("inbox-office", "Đơn vị trông hộp nhận", _W, archive.inbox_office),
    Check("public-documents", "Tài liệu không có chủ", _W, archive.public_documents),
    Check("telling-names", "Tên thẻ, người gửi, khung nhìn", _W, archive.telling_names),
    Check("share-links", "Liên kết chia sẻ", _E, archive.share_links),
    Check("outward-workflows", "Quy trình gửi ra ngoài", _E, archive.outward_workflows),
    Check("meddling-workflows", "Quy trình đổi quyền", _W, archive.meddling_workflows),
    Check("trashed-documents", "Tài liệu trong thùng rác", _E, archive.trashed_documents),
    Check("unfiled-codes", "Mã vụ án ngoài hồ sơ", _W, archive.unfiled_codes),
    Check("case-codes", "Mã vụ án trên tài liệu", _E, archive.case_codes),
    Check("text-form", "Dạng chữ của văn bản", _W, archive.text_form),
    Check("document-files", "Tệp của tài liệu", _E, archive.document_files),
    Check("failed-intake", "Tệp không vào được hồ sơ", _W, archive.failed_intake),
    Check("waiting-intake", "Tệp chờ quá lâu", _E, archive.waiting_intake),
    Check("ledger-key", "Khóa ký sổ cái", _E, custody.ledger_key),
    Check("ledger-checkpoint", "Điểm chốt sổ cái", _W, custody.ledger_checkpoint),
    Check("ledger-heads", "Điểm chốt ghi nhớ ngoài cơ sở dữ liệu", _E, custody.ledger_heads),
    Check("ledger-tail", "Sổ cái nguyên vẹn", _E, custody.ledger_tail),
    Check("signature-reading", "Đọc chữ ký số trong PDF", _W, signing.signature_reading),
    Check("signature-roots", "Chứng thư gốc", _E, signing.signature_roots),
    Check("signing-key", "Khóa ký tập hồ sơ, bảng kê", _E, signing.signing_key),
    Check("disposals", "Tiêu hủy hồ sơ", _E, custody.disposals),
    Check("fixity", "Đối chiếu tệp lưu trữ", _E, custody.fixity),
    Check("stuck-bundles", "Tập hồ sơ, bản che làm mãi chưa xong", _W, archive.stuck_bundles),
    # what runs beside the web server
    Check("synchronous-mode", "Tác vụ chạy đồng bộ", _W, services.synchronous_mode),
    Check("broker", "Hàng đợi", _E, services.broker, waits=2 * services.PATIENCE),
    Check("worker", "Tác vụ nền", _E, services.worker, waits=2 * services.PATIENCE + services.ANSWER),
    Check("task-time-limit", "Giới hạn thời gian tác vụ", _W, services.task_time_limit),
    Check("beat", "Lịch định kỳ", _W, services.beat),
    Check("cache", "Bộ nhớ đệm", _E, services.cache_backend, waits=2 * services.PATIENCE),
    Check("channel-layer", "Kênh báo tiến độ", _W, services.channel_layer),
)
"""A new check is one function, one line here, one line in docs/doctor.md and one test."""

BY_ID = {check.id: check for check in CHECKS}
