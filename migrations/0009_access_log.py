import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vks", "0008_restructuring_in_hand")]

    operations = [
        migrations.CreateModel(
            name="AccessEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="lúc")),
                ("actor_id", models.PositiveBigIntegerField(null=True)),
                ("actor_username", models.CharField(max_length=150)),
                ("actor_name", models.CharField(max_length=310, verbose_name="người")),
                ("is_superuser", models.BooleanField(default=False)),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("view", "Xem thông tin, văn bản"),
                            ("text", "Nhận toàn văn trong danh sách, kết quả tìm"),
                            ("preview", "Mở tệp để xem"),
                            ("download", "Tải về"),
                            ("print", "In"),
                            ("export", "Xuất tập hồ sơ, thống kê tài liệu"),
                            ("share", "Chia sẻ, gửi ra ngoài"),
                            ("case_list", "Xuất danh sách vụ án"),
                            ("log", "Xuất nhật ký truy cập"),
                        ],
                        max_length=12,
                        verbose_name="việc",
                    ),
                ),
                ("refused", models.BooleanField(default=False, verbose_name="bị từ chối")),
                ("document_id", models.PositiveBigIntegerField(null=True)),
                (
                    "part",
                    models.CharField(
                        blank=True,
                        choices=[("hsva", "Hồ sơ vụ án"), ("hsks", "Hồ sơ kiểm sát (nội bộ)")],
                        max_length=8,
                    ),
                ),
                ("count", models.PositiveIntegerField(default=1)),
                ("address", models.GenericIPAddressField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="vks.casefile",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="vks.procuracyunit",
                    ),
                ),
            ],
            options={
                "verbose_name": "nhật ký truy cập",
                "verbose_name_plural": "nhật ký truy cập",
                "db_table": "vks_access_entry",
                "ordering": ("-at", "-id"),
                "indexes": [
                    models.Index(fields=["at"], name="vks_access_at"),
                    models.Index(fields=["unit", "at"], name="vks_access_of_unit"),
                    models.Index(fields=["case", "at"], name="vks_access_of_case"),
                ],
            },
        ),
    ]
